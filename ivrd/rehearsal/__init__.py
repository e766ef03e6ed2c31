"""Calls without a telephone: the daemon's own core, on a pretend telephone and a simulated clock.

    ways.py         the ways out of a node, and flows whose every way can be told apart
    moments.py      what an admin writes for a moment: "2026-11-28 10:00", "sat 10:00", "10:00"
    phone.py        the pretend telephone: takes the core's orders, says what became of them
    outside.py      what services, recordings and phones may answer
    trace.py        what a call went through, as facts in their order
    scribe.py       writes the trace
    rehearsal.py    all that joined: dial, press, let time pass, hang up, let agents answer
    words.py        what may be typed at ``ivrd try``
    sight.py        looking at a call under way: what it waits for, its variables, its queue
    session.py      one sitting at ``ivrd try``: calls one after the other, in words
    meaning.py      names in tests that there are not
    performance.py  a dialplan's test, performed
    coverage.py     which nodes and ways of a flow calls have gone

Pure: no I/O and no clock. The files of ivrd/cli read, print and write.
"""
