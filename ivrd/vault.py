"""Masked input: digits that are in no file, log, journal or snapshot, and not in the core (ADR 12).

They live here, in memory, until the call's row is written. The core is told "?" for each, and asks
whether those that were typed are right; ``http`` is the only verb whose order may carry them.
"""

from __future__ import annotations

import dataclasses
import hmac
from collections import deque
from collections.abc import Mapping

from ivrd.core.events import ChannelGone, DigitPressed, Event
from ivrd.core.exchange import Exchange
from ivrd.core.ivr.checks import passes
from ivrd.core.ivr.interpreter import MASKED_DIGIT
from ivrd.core.ivr.orders import CheckSecret, FetchHttp
from ivrd.core.ivr.verbs.collect import MOST_DIGITS, placeholder
from ivrd.core.ivr.walk import Answer


class Vault:
    """Digits and values of masked input, by call; and agents' PINs, to hold them against."""

    def __init__(self, pins: Mapping[str, str] | None = None) -> None:
        self._pins = dict(pins or {})
        self._typed: dict[str, deque[str]] = {}
        self._kept: dict[str, dict[str, str]] = {}  # call -> placeholder -> value

    def veil(self, event: Event, exchange: Exchange) -> Event:
        """The event as it may be journaled and handled."""
        if isinstance(event, ChannelGone) and event.channel in exchange.state.sessions:
            self.forget(event.channel)
        if not exchange.secret(event) or not isinstance(event, DigitPressed):
            return event
        self._typed.setdefault(event.call, deque(maxlen=MOST_DIGITS)).append(event.digit)
        return dataclasses.replace(event, digit=MASKED_DIGIT)

    def check(self, call: str, order: CheckSecret) -> Answer:
        """Keep what was typed last, when it is right."""
        typed = "".join(self._typed.pop(call, ()))[-order.digits :]
        if len(typed) < order.digits:
            return Answer(outcome="lost")
        if not passes(order.check, typed):
            return Answer(outcome="wrong")
        self._kept.setdefault(call, {})[placeholder(order.variable)] = typed
        return Answer(outcome="ok")

    def is_pin(self, session: str, agent: str) -> bool:
        """Whether what was typed in a session is the agent's PIN; it is forgotten here either way."""
        typed, pin = "".join(self._typed.pop(session, ())), self._pins.get(agent, "")
        return bool(pin) and hmac.compare_digest(typed.encode(), pin.encode())

    def reveal(self, call: str, order: FetchHttp) -> FetchHttp | None:
        """The order with the values that it is to send; None when they are lost."""
        kept = self._kept.get(call, {})
        send = {name: kept.get(value, value) if isinstance(value, str) else value for name, value in order.send.items()}
        if any(isinstance(value, str) and value.startswith("<masked ") for value in send.values()):
            return None
        return dataclasses.replace(order, send=send)

    def forget(self, call: str) -> None:
        """The call is over."""
        self._typed.pop(call, None)
        self._kept.pop(call, None)
