"""What the contract suite needs of a switch and of the people at its phones; on fake and on real."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from ivrd.core.events import Event
from ivrd.ports import Recorder, Telephony

E = TypeVar("E", bound=Event)
PhonePolicy = Literal["ring", "answer", "reject"]


class WallClock:
    """ports.Clock by the machine's clock."""

    def now(self) -> float:
        return time.time()  # noqa: TID251 - this is the Clock


class EventLog:
    """An inbox that remembers, and that can be waited on."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._came = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._came.set()

    def of(self, kind: type[E], **facts: object) -> list[E]:
        """Events of a kind whose fields have these values."""
        return [
            e
            for e in self.events
            if isinstance(e, kind) and all(getattr(e, k) == v for k, v in facts.items())
        ]

    async def wait(
        self, kind: type[E], *, count: int = 1, within_s: float = 5, **facts: object
    ) -> E:
        """The ``count``-th such event, seen already or to come. AssertionError when it does not."""
        try:
            async with asyncio.timeout(within_s):
                while len(found := self.of(kind, **facts)) < count:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            seen = "\n  ".join(map(str, self.events))
            raise AssertionError(
                f"no {kind.__name__} ({facts}, {count}) within {within_s} s; seen:\n  {seen}"
            ) from None
        return found[count - 1]


class Harness(Protocol):
    """A switch and its people. ``channel`` is always Asterisk's id of the person's channel."""

    telephony: Telephony
    recorder: Recorder
    inbox: EventLog
    did: str
    phone: str  #: extension of a registered phone
    unregistered_phone: str

    async def dial_in(self, number: str) -> str:
        """A caller dials ``did``; the channel, once CallArrived is in the inbox."""
        ...

    async def dial_feature_pause(self) -> str:
        """``phone`` dials the code for pause; the channel, once FeatureDialled is in."""
        ...

    async def phone_will(self, policy: PhonePolicy) -> None:
        """What ``phone`` does with the offers to come."""
        ...

    async def press(self, channel: str, digits: str) -> None: ...
    async def hang_up(self, channel: str) -> None: ...
    async def hold(self, channel: str) -> None: ...
    async def resume(self, channel: str) -> None: ...

    def sound(self, length: Literal["short", "long"]) -> Path:
        """A file to play, without suffix: 0.3 s or 30 s."""
        ...

    async def let_prompt_end(self, prompt: str) -> None:
        """Time passes until the prompt is over."""
        ...

    async def let_ring_out(self, timeout_s: int) -> None:
        """``timeout_s`` pass."""
        ...

    async def channels(self) -> list[str]:
        """Channels that exist now, ours or the dialplan's."""
        ...

    async def leaks(self) -> list[str]:
        """Channels and bridges that exist once what was ordered is done."""
        ...
