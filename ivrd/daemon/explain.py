"""Why a call came to whom: from memory while it is under way, from the store when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ivrd.core.acd.decision import Decision
from ivrd.core.exchange import Exchange


class KeptDecisions(Protocol):
    """Where decisions are kept when a call is over."""

    async def find_why(self, call: str) -> Sequence[Decision]:
        """Oldest first; none when nothing is kept. StoreError."""
        ...


class Explain:
    """Callable with a call's id."""

    def __init__(self, exchange: Exchange, kept: KeptDecisions) -> None:
        self._exchange = exchange
        self._kept = kept

    async def __call__(self, call: str) -> Sequence[Decision]:
        """Its decisions, oldest first."""
        return under_way(self._exchange, call) if call in self._exchange.state.calls else await self._kept.find_why(call)


def under_way(exchange: Exchange, call: str) -> Sequence[Decision]:
    """The decisions so far, oldest first; none of a call that is over."""
    found = exchange.state.calls.get(call)
    return list(found.why) if found is not None else ()
