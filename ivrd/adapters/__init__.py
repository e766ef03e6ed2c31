"""One folder per outside thing; each implements ports of ivrd.ports and imports no other.

    ari/      Asterisk's calls: channels, bridges, prompts (ports.Telephony)
    ami/      Asterisk's recordings (ports.Recorder), phones' registrations, break-in attempts
    asterisk_config/, broker_config/   files for Asterisk and mosquitto, made of config/
    mqtt/     walls
    http/     health, metrics, agents and calls for programs
    store/    rows: CDRs, callbacks, messages, decisions
    journal/  what happened, on disk before it is handled; the lock of who leads
    recordings/, mailbox/, prompts/    files: talks, callers' messages, what we say
    dip/      services that a flow asks
    audit/    who did what
    bell/, rescued/                    the rescuer: it asks us, and tells us; `ivrd why` asks at a socket beside it
    systemd/  how we are

In each: a pure file that translates between the outside's words and ours, and a client that does
the I/O. A client raises only errors of ivrd.errors and puts what happens into its inbox.
"""
