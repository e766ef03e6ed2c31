"""The shell around the core: one inbox, one writer.

    clock.py       the one source of "now", even when the machine's clock is set (clockwatch.py tells the core)
    alarms.py      what of our surroundings a person must see to: log, metric, retained alert
    logs.py        structlog as JSON; callers' numbers masked
    runtime.py     the inbox: journal, handle, arm timers, tell walls
    lanes.py       orders of one lane one after the other, lanes side by side
    eager.py       a task that is begun at once: an offer's
    execute.py     the only place where commands become I/O
    bootstrap.py   the composition root: settings become plan, adapters and runtime
    places.py      errors of the start carry the place of their setting
    history.py     the journal at start: the state as it was, and flows that old calls still walk
    reload.py      the configuration read again: saved.py (was a file saved?), outcome.py (how it went)
    supervisor.py  start, readiness, signals, drain, stop: stopping.py (how it was asked to), course.py (how far it is)
    standby.py     the second process: waits for the first one's end, and ends one that is frozen
"""
