"""hours: branch on the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.shape import Doc, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Hours(Deaf):
    """Go one way when the lines are open, another when they are closed (config/calendar.yaml).

    ``hours: {open: node, closed: node}``.
    """

    verb: ClassVar[str] = "hours"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    open: Annotated[NodeRef, Doc("entered during opening hours")]
    closed: Annotated[NodeRef, Doc("entered outside them")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Goto(node=self.open if around.hours.open else self.closed),)
