"""The benchmark: what a caller and an agent wait for, measured on SIP and RTP packets from outside.

ivrd and Asterisk's own app_queue serve the same kind of phones on the same Asterisk in the same run.

    wire.py      a UDP socket that knows when a packet really came (the kernel's time stamp)
    sip.py       SIP messages, digest, SDP: pure
    station.py   a SIP user agent for many phones (or callers) on one socket
    media.py     RTP with a counter in each frame, so that loss and one-way audio are seen
    site.py      the throw-away site: ivrd's queue, app_queue's and the bare controller's on one Asterisk
    bare.py      the least that an ARI controller can do: the yardstick of CPU a call
    runs.py      the runs: routing, bridging, hand-off; at-once, rate
    overload.py  its own run: calls that are let in while hundreds are refused, beside the same calls alone
    beside.py    two phases of one run beside each other: pure
    router.py    the router alone: decisions a second, growth, memory (no Asterisk)
    growth.py    what a call costs the core as callers and agents grow (no Asterisk)
    stats.py     medians, ratios, goals: pure
    report.py    tables and JSON
    cpu.py       CPU seconds and memory of a process
    __main__.py  `make bench`
"""
