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

    ``hours: {open: node, closed: node}``. A holiday, a break or a one-off closure may have a way of its own.
    """

    verb: ClassVar[str] = "hours"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    open: Annotated[NodeRef, Doc("entered during opening hours")]
    closed: Annotated[NodeRef, Doc("entered outside them")]

    holiday: Annotated[NodeRef, Doc("instead of closed, on a public holiday or a day that is closed")] = ""
    pause: Annotated[NodeRef, Doc("instead of closed, in one of `breaks:`")] = ""
    closure: Annotated[NodeRef, Doc("instead of closed, in one of `closures:`")] = ""

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if around.hours.open:
            return (Goto(node=self.open),)
        own = {"holiday": self.holiday, "break": self.pause, "closure": self.closure}
        return (Goto(node=own.get(around.hours.why, "") or self.closed),)
