"""record: whether the conversation to come is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.shape import Doc, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Record(Deaf):
    """Say whether the conversation to come is recorded.

    ``record: {on: false, then: node}``. Without it every conversation is; the CDR notes who was not.
    """

    verb: ClassVar[str] = "record"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    on: Annotated[bool, Doc("true: record from here on; false: do not")]
    then: Annotated[NodeRef, Doc("where the call goes on")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.record = self.on
        return (Goto(node=self.then),)
