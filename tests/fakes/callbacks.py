"""FakeCallbacks: the store's callback requests, in memory."""

from __future__ import annotations

from ivrd.core.state import Callback
from ivrd.errors import StoreError


class FakeCallbacks:
    """ports.CallbackStore. ``fails``: so many requests are refused first."""

    def __init__(self) -> None:
        self.fails = 0
        self.kept: dict[tuple[str, str], list[str]] = {}  #: (queue, number) -> calls

    async def keep_callback(self, wish: Callback) -> int:
        if self.fails:
            self.fails -= 1
            raise StoreError("the store is away")
        calls = self.kept.setdefault((wish.queue, wish.number), [])
        if wish.call not in calls:
            calls.append(wish.call)
        return sum(queue == wish.queue for queue, _ in self.kept)

    async def close_callback(self, queue: str, number: str, note: str, at: float) -> int:
        if self.fails:
            self.fails -= 1
            raise StoreError("the store is away")
        self.kept.pop((queue, number), None)
        return sum(q == queue for q, _ in self.kept)
