"""What waits to be published. Pure: latest state wins per topic, events are bounded.

Kept apart from the connection, so that its rules can be read and tested alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One publication, topic below the site's prefix."""

    topic: str
    payload: bytes
    retain: bool
    matters: bool = False  #: an event that is kept longest


class Outbox:
    """States and events on their way to the broker."""

    def __init__(self, events_max: int) -> None:
        self.dropped = 0  #: events lost because the broker was away for too long
        self._states: dict[str, bytes] = {}
        self._dirty: dict[str, None] = {}  # in the order in which they became so
        # of both kinds, each with its number: they are sent in the order in which they happened
        self._events: dict[bool, deque[tuple[int, Message]]] = {True: deque(), False: deque()}
        self._number = 0
        self._back = 0  # numbers before all others, of those that were put back
        self._events_max = events_max
        self._turn = True  # states and events take turns, neither starves the other

    def put_state(self, topic: str, payload: bytes) -> None:
        """``payload`` is the state of ``topic`` from now on; an unsent older one is forgotten."""
        self._states[topic] = payload
        self._dirty[topic] = None

    def put_event(self, topic: str, payload: bytes, *, matters: bool = False) -> None:
        """Queue an event; when there are too many the oldest goes, and those that matter go last."""
        self._number += 1
        self._events[matters].append((self._number, Message(topic, payload, retain=False, matters=matters)))
        self._make_room()

    @property
    def events(self) -> int:
        """How many wait."""
        return sum(map(len, self._events.values()))

    def again(self) -> None:
        """All states are to be sent (again): the broker may have forgotten them."""
        self._dirty = dict.fromkeys(self._states)

    def forget(self, topic: str) -> None:
        """``topic`` is no longer ours."""
        self._states.pop(topic, None)
        self._dirty.pop(topic, None)

    def knows(self, topic: str) -> bool:
        """Is ``topic`` one of ours?"""
        return topic in self._states

    def take(self) -> Message | None:
        """The next to send, None when there is nothing."""
        self._turn = not self._turn
        if self.events and (self._turn or not self._dirty):
            return min(filter(None, self._events.values()), key=lambda some: some[0][0]).popleft()[1]
        if not self._dirty:
            return None
        topic = next(iter(self._dirty))
        del self._dirty[topic]
        return Message(topic, self._states[topic], retain=True)

    def put_back(self, message: Message) -> None:
        """``message`` was taken but may not have arrived: it is next again. Of several, the last one first."""
        if message.retain:
            if message.topic in self._states:
                self._dirty.setdefault(message.topic)
        else:
            self._back -= 1
            self._events[message.matters].appendleft((self._back, message))  # older than all that still wait
            self._make_room()

    def _make_room(self) -> None:
        if self.events > self._events_max:
            self._events[not self._events[False]].popleft()
            self.dropped += 1
