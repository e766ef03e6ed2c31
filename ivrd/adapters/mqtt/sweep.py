"""Retained states that are to be cleared: of topics that are not ours (any more). Pure.

The broker is asked once a connection. Our own status is asked for last and comes after all others: then we have heard all.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Literal

WITHIN_S = 60.0  #: for all that is retained; a broker may let us subscribe and keep from us what we may not read


class Sweep:
    """What was found and has not been cleared yet, over all connections, and how far the look at this one is."""

    def __init__(self, ours: Callable[[str], bool]) -> None:
        """``ours``: whether a topic is."""
        self._ours = ours
        self._found: set[str] = set()
        self._look: Literal["running", "over", "ended"] = "ended"
        self._until = 0.0

    # --- the look

    def begin(self, at: float) -> None:
        """A connection is new: the broker is asked (again)."""
        self._look, self._until = "running", at + WITHIN_S

    def over(self) -> None:
        """All that comes has come: there is no need to listen any more."""
        if self._look == "running":
            self._look = "over"

    def in_vain(self, at: float) -> bool:
        """Whether it takes so long that the end will not come."""
        return self._look == "running" and at > self._until

    @property
    def is_over(self) -> bool:
        """Whether ``ended`` is due."""
        return self._look == "over"

    def ended(self) -> None:
        """We listen no longer."""
        self._look = "ended"

    @property
    def listening(self) -> bool:
        """Whether we listen (still)."""
        return self._look != "ended"

    # --- what was found

    def add(self, topic: str) -> None:
        """``topic`` is retained and not ours."""
        self._found.add(topic)

    def some(self, most: int) -> list[str]:
        """Topics to clear now; those that are ours again are not."""
        self._found = {topic for topic in self._found if not self._ours(topic)}
        return list(islice(self._found, most))

    def cleared(self, topics: list[str]) -> None:
        """The broker has confirmed it."""
        self._found.difference_update(topics)
