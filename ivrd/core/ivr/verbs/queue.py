"""queue: hand the caller to agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivrd.core.ivr.verbs.base import Deaf, Named
from ivrd.core.ivr.walk import Around, JoinQueue, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Queue(Deaf):
    """``queue: {to: kbli, overflow: node}``. The queue asks for its skills and the call's language.

    ``overflow`` is entered when the queue is full or the caller has waited its ``max_wait_s``.
    """

    verb: ClassVar[str] = "queue"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    to: str
    overflow: str

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.typed = ""
        return (JoinQueue(queue=self.to, overflow=self.overflow),)

    def targets(self) -> Named:
        return [(("overflow",), self.overflow)]
