"""Calls without a telephone: the daemon's own core, on a pretend telephone and a simulated clock.

    ways.py         the ways out of a node, and flows whose every way can be told apart
    moments.py      what an admin writes for a moment: "2026-11-28 10:00", "sat 10:00", "10:00"
    phone.py        the pretend telephone: takes the core's orders, says what became of them
    trace.py        what a call went through, as facts in their order
    rehearsal.py    the two joined: dial, press, let time pass, hang up, let agents answer
    performance.py  a dialplan's test, performed
    coverage.py     which nodes and ways of a flow calls have gone

Pure: no I/O and no clock. The files of ivrd/cli read, print and write.
"""
