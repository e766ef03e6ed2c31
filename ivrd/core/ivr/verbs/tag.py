"""tag: note a category code for the reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivrd.core.ivr.verbs.base import Deaf, Named
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Tag(Deaf):
    """``tag: {add: perizinan.kbli, then: node}``. The CDR lists a call's tags."""

    verb: ClassVar[str] = "tag"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    add: str
    then: str

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if self.add not in walk.tags:
            walk.tags.append(self.add)
        return (Goto(node=self.then),)

    def targets(self) -> Named:
        return [(("then",), self.then)]
