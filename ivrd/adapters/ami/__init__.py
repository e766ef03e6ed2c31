"""Asterisk's manager interface (AMI): recordings, phones, break-in attempts.

wire.py         PURE: what a field may hold; what contact and security events say
phones.py       PURE: which phones are reachable, from contacts that come and go
messages.py     actions and messages of panoramisk, made at less cost
connection.py   one connection through panoramisk, with guards (docs/adr/0003-ami-panoramisk.md)
client.py       AmiClient: ports.Recorder and the phone watch; supervises the connection
"""

from __future__ import annotations

from ivrd.adapters.ami.client import AmiClient

__all__ = ["AmiClient"]
