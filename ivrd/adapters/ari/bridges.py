"""Who makes which bridge: an offer on a warm leg makes the call's bridge too, often in the same instant as the order to open it.

Of two orders that make one bridge side by side Asterisk refuses one with 500 ("already registered"), so the second waits for
the first; and an order that comes when an offer has made the bridge already need not be given (once: it may be gone later).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Making:
    """One order that makes a bridge; set ``made`` before the end."""

    made = False


class Bridges:
    """Orders that make bridges, one at a time for each."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Event] = {}
        self._made: set[str] = set()

    @contextmanager
    def making(self, bridge: str) -> Iterator[Making]:
        """While the order is given. Await ``settled`` before."""
        over = self._under_way[bridge] = asyncio.Event()
        order = Making()
        try:
            yield order
        finally:
            if order.made:
                self._made.add(bridge)
            if self._under_way.get(bridge) is over:
                del self._under_way[bridge]
            over.set()

    async def settled(self, bridge: str) -> None:
        """Return when no order to make it is under way."""
        while (over := self._under_way.get(bridge)) is not None:
            await over.wait()

    def claim(self, bridge: str) -> bool:
        """Whether an order before has made it; asked again it is False."""
        claimed = bridge in self._made
        self._made.discard(bridge)
        return claimed

    def forget(self, bridge: str) -> None:
        """It is gone, or may be."""
        self._made.discard(bridge)
