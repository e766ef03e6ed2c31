"""Automatic call distribution, pure.

    model.py      queues, agents and waiting calls, as the admin and the caller define them
    rules.py     what the admin decides about agents: misses, pauses, shifts, rest
    presence.py   an agent's presence: one table, one truth
    selection.py  who may get a call (filters) and who gets it (scorers), as lists read aloud
    router.py     matches waiting calls with ready agents
    estimate.py   expected wait
"""
