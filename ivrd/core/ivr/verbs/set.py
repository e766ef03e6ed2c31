"""set: give variables values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ivrd.core.ivr.expression import value
from ivrd.core.ivr.shape import AnyExpr, Doc, NodeRef, Sets
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Set(Deaf):
    """Give variables values, in the order in which they stand.

    ``set: {to: {visits: vars.visits + 1}, then: node}``. A text stands in quotes: ``{kind: "'company'"}``.
    What has no value (division by zero, a variable that was never set) leaves its variable as it was.
    """

    verb: ClassVar[str] = "set"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    to: Annotated[
        dict[Sets, AnyExpr], Doc("variable to expression", examples=({"visits": "vars.visits + 1"},))
    ]
    then: Annotated[NodeRef, Doc("where the call goes on")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        for name, text in self.to.items():
            found = value(walk, around, text)
            if found is not None:
                walk.vars[name] = found
        return (Goto(node=self.then),)
