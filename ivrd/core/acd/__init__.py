"""Automatic call distribution, pure.

    model.py      queues, agents and waiting calls, as the admin and the caller define them
    presence.py   an agent's presence: one table, one truth
    selection.py  who may get a call (filters) and who gets it (scorers), as lists read aloud
    router.py     matches waiting calls with ready agents
    estimate.py   expected wait
"""
