"""The IVR interpreter: a flow (nodes written in YAML) walked with explicit, plain state.

    flow.py         Flow and Node; what a dialplan file becomes
    walk.py         Walk: where a caller is (all that a restart must restore), and what a verb may do
    interpreter.py  drives a Walk through a Flow: enter, digit, prompt finished, time-out
    validate.py     what is wrong with a flow before a caller hears it
    verbs/          one small file a verb: its keys, and what it does
"""
