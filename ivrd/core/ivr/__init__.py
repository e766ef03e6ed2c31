"""The IVR interpreter: a flow (nodes written in YAML) walked with explicit, plain state.

    flow.py         Flow and Node; what a dialplan file becomes; its limits
    walk.py         Walk: where a caller is (all that a restart must restore), and what a verb may do
    interpreter.py  drives a Walk through a Flow: enter, digit, prompt finished, time-out, answer, sub-flows
    shape.py        what the fields of a verb name: validator, schema, graph and diff read it
    expression.py   expressions, as the core sees them (the engine is settings/cel.py)
    orders.py       what a verb can have done outside while its caller waits
    parts.py        numbers, dates, money, ids and texts put together (say, confirm)
    checks.py       is what was typed a number of the kind asked for?
    validate.py     what is wrong with a flow before a caller hears it; paths.py: its ways
    verbs/          one small file a verb: its keys, and what it does
"""
