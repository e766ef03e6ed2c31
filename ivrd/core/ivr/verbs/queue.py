"""queue: hand the caller to agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.shape import Doc, Names, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, JoinQueue, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Queue(Deaf):
    """Hand the caller to agents.

    ``queue: {to: kbli, overflow: node}``. The queue asks for its skills and the call's language.

    ``overflow`` is entered when the queue is full or the caller has waited its ``max_wait_s``.
    """

    verb: ClassVar[str] = "queue"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    to: Annotated[str, Names("queue"), Doc("a queue of config/queues.yaml", examples=("kbli",))]
    overflow: Annotated[NodeRef, Doc("entered when the queue is full or the wait too long")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.typed = ""
        return (JoinQueue(queue=self.to, overflow=self.overflow),)
