"""goto: go on elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.shape import Doc, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Request, Walk
from ivrd.core.ivr.walk import Goto as Move


@dataclass(frozen=True, kw_only=True)
class Goto(Deaf):
    """Go on elsewhere: ``goto: {node: main}``."""

    verb: ClassVar[str] = "goto"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    node: Annotated[NodeRef, Doc("where the call goes on")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Move(node=self.node),)
