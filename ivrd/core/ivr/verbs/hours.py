"""hours: branch on the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivrd.core.ivr.verbs.base import Deaf, Named
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Hours(Deaf):
    """``hours: {open: node, closed: node}``, by config/calendar.yaml."""

    verb: ClassVar[str] = "hours"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    open: str
    closed: str

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Goto(node=self.open if around.hours.open else self.closed),)

    def targets(self) -> Named:
        return [(("open",), self.open), (("closed",), self.closed)]
