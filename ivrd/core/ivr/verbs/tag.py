"""tag: note a category code for the reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.shape import Doc, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Tag(Deaf):
    """Note a category code for the reports.

    ``tag: {add: perizinan.kbli, then: node}``. The CDR lists a call's tags.
    """

    verb: ClassVar[str] = "tag"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    add: Annotated[str, Doc("the code; one that is noted already is not noted twice", examples=("perizinan.kbli",))]
    then: Annotated[NodeRef, Doc("where the call goes on")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if self.add not in walk.tags:
            walk.tags.append(self.add)
        return (Goto(node=self.then),)
