"""Automatic call distribution, pure.

    model.py      queues, agents and waiting calls, as the admin and the caller define them
    rules.py      what the admin decides about agents: misses, pauses, shifts, rest
    presence.py   an agent's presence: one table, one truth
    skills.py     skills with levels, and what a call asks of an agent
    demand.py     what it asks for now: the queue's and its own, less what has been relaxed
    lines.py      waiting calls in the order in which they are served
    pool.py       ready agents by what they can
    decision.py   why: a note of each decision
    selection.py  who may get a call (filters) and who gets it (scorers), as lists read aloud
    router.py     matches waiting calls with ready agents
    estimate.py   expected wait
"""
