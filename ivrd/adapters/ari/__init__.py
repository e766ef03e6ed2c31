"""Asterisk's REST interface (ARI): calls. Our own small client (docs/adr/0002-ari-client.md).

    wire.py     PURE: event frames -> core events, channel and bridge lists -> SwitchSeen
    rest.py     orders over HTTP; which refusals are normal life
    http.py     the keep-alive pool below it
    link.py     the event websocket: connect, filter, survey, read, reconnect
    memory.py   PURE: which orders Asterisk must not be given twice
    warm.py     legs that are made before a call wants them (docs/adr/0051-warm-legs.md)
    client.py   AriClient: ports.Telephony on these

Orders go over HTTP and not over the websocket, because Asterisk works a websocket's requests off
one after the other, and one that waits for a prompt would stop all others.
"""

from __future__ import annotations

from ivrd.adapters.ari.client import AriClient

__all__ = ["AriClient"]
