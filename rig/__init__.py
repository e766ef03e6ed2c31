"""Real parts on one machine, for the demo, `make run`, the live tests and the benchmark.

    tools.py      where asterisk and mosquitto are: the machine's own, or unpacked below var/
    process.py    a child process with a log file, which ends for certain
    asterisk.py   Asterisk        broker.py   mosquitto        daemon.py   ivrd
    phone.py      SIP phones (call.py: what a phone hears and says; tones.py: what was heard)
    site.py       a complete throw-away site: configuration, ports, passwords
    stack.py      all of it up, all of it down, and nothing left behind
    carrier.py    a carrier that Asterisk registers with
    rescuer.py    `ivrd rescue`    wall.py   a wall that reads all topics    key.py   a desk phone's lamp
    lonely.py, pjsua_phone.py, forwarder.py   phones of other kinds: one that vanishes, another SIP stack, one that forwards
    storm.py      callers by the minute while ivrd is killed; aftermath.py: what is to hold then; soak.py: for hours; stalls.py: when the machine stood still
    trouble.py    a bad line to Asterisk; wires.py: what passes by on it; smalldisk.py: a disk that fills
    meddled.py    ivrd that can be made to hang, and whose clock can be set
    demo.py       `make demo`: story.py, board.py, promises.py;  run.py, onecall.py: `make run`, `make call`
    service.py    `make service`: a real systemd (service.sh: the container)
    mutants.py    `make mutants`: faults of the router that no test notices (mutations.py: what they are)
    certificates.py, advisories.py   certificates for tests; known weaknesses of dependencies
"""
