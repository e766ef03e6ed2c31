"""One folder per outside thing; each implements ports of ivrd.ports and imports no other.

    ari/      Asterisk's calls: channels, bridges, prompts (ports.Telephony)
    ami/      Asterisk's recordings (ports.Recorder), phones' registrations, break-in attempts

In each: a pure file that translates between the outside's words and ours, and a client that does
the I/O. A client raises only errors of ivrd.errors and puts what happens into its inbox.
"""
