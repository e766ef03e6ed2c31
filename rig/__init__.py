"""Real parts on one machine, for the demo, `make run`, the live tests and the benchmark.

    tools.py      where asterisk and mosquitto are: the machine's own, or unpacked below var/
    process.py    a child process with a log file, which ends for certain
    asterisk.py   Asterisk        broker.py   mosquitto        daemon.py   ivrd
    phone.py      SIP phones (call.py: what a phone hears and says; tones.py: what was heard)
    site.py       a complete throw-away site: configuration, ports, passwords
    stack.py      all of it up, all of it down, and nothing left behind
"""
