"""The shell around the core: one inbox, one writer.

    runtime.py     the inbox: journal, handle, arm timers, tell walls (walls.py: to broker and metrics; lamps.py: to keys)
    lanes.py       orders of one lane one after the other, lanes side by side; eager.py: an offer's begins at once
    execute.py     the only place where commands become I/O; again.py: what ends something is ordered until it is obeyed
    letters.py     delivering a message that a caller left
    explain.py     why a call came to whom; floordesk.py: where programs ask for agents
Start and stop:
    bootstrap.py   the composition root: settings become plan (plan.py), adapters (parts.py) and runtime
    checkup.py     all that an admin wrote, checked; prompts.py: every prompt has audio; places.py: errors carry their place
    history.py     the journal at start: the state as it was, and flows that old calls still walk
    supervisor.py  start, readiness, signals, drain, stop: stopping.py (how it was asked to), course.py (how far it is)
    snapshots.py   when a generation of the journal is over
    standby.py     the second process: waits for the first one's end, and ends one that is frozen
    reload.py      the configuration read again: saved.py (was a file saved?), outcome.py (how it went)
Watching:
    clock.py       the one source of "now", even when the machine's clock is set (clockwatch.py tells the core)
    alarms.py      what of our surroundings a person must see to: log, metric, retained alert
    links.py, diskwatch.py, storewatch.py, messagewatch.py, trunkwatch.py, rotated.py   alarms about Asterisk, disks, store, messages, the carrier, passwords
    audit.py       what Asterisk never told; unseen.py, rescues.py: calls of the time when ivrd was away
    logs.py        structlog as JSON; callers' numbers masked
"""
