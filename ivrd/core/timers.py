"""Deadlines, kept in the state: the shell asks for the next one, so a restart re-arms them for free."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush


@dataclass(kw_only=True)
class Timers:
    """Named deadlines (epoch seconds). Setting a name again moves it.

    ``due`` is all there is to know, and what a snapshot has. Beside it stands a heap, so that the next of ten thousand
    is found without looking at all; what was moved or cleared stays in it until it comes to the top.
    """

    due: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._heap: list[tuple[float, str]] = [(at, name) for name, at in self.due.items()]
        heapify(self._heap)

    def set(self, name: str, at: float) -> None:
        """Wake me at ``at`` with TimerFired(name)."""
        if self.due.get(name) != at:
            self.due[name] = at
            heappush(self._heap, (at, name))
            if len(self._heap) > 64 + 4 * len(self.due):  # mostly of what is past
                self.__post_init__()

    def clear(self, name: str) -> None:
        """Forget the deadline; harmless when there is none."""
        self.due.pop(name, None)

    def take(self, name: str, at: float) -> bool:
        """Whether ``name`` is due at ``at``; if so it is forgotten. A stale firing is not due."""
        if self.due.get(name, float("inf")) > at:
            return False
        del self.due[name]
        return True

    def next(self) -> tuple[str, float] | None:
        """The earliest deadline; of equal ones the first by name."""
        heap = self._heap
        while heap and self.due.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return (heap[0][1], heap[0][0]) if heap else None

    def passed(self, at: float) -> list[str]:
        """Names that are due at ``at``, the earliest first. They stay until they are taken."""
        found: dict[str, float] = {}
        while (earliest := self.next()) is not None and earliest[1] <= at:
            found[earliest[0]] = earliest[1]
            heappop(self._heap)
            while self._heap and self._heap[0] == (earliest[1], earliest[0]):  # set again to what it was
                heappop(self._heap)
        for name, due in found.items():
            heappush(self._heap, (due, name))
        return list(found)
