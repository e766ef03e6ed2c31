"""run: walk a sub-flow, then go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from ivrd.core.ivr import walk as w
from ivrd.core.ivr.expression import value
from ivrd.core.ivr.shape import AnyExpr, Doc, Names, NodeRef, Sets
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Answer, Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Run(Deaf):
    """Walk a sub-flow, another file of dialplans/, then go on where it was left.

    ``run: {flow: ask-nib, give: {tries: "2"}, into: {nib: number}, then: node}``. The sub-flow names its
    ``arguments:`` and ``returns:`` with their types, has variables of its own, and ends with ``return``.
    """

    verb: ClassVar[str] = "run"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    flow: Annotated[str, Names("flow"), Doc("a file of dialplans/, without .yaml", examples=("ask-nib",))]
    then: Annotated[NodeRef, Doc("entered when the sub-flow returns")]
    give: Annotated[dict[str, AnyExpr], Doc("argument to expression")] = field(default_factory=dict)
    into: Annotated[dict[Sets, str], Doc("variable to the name of what is returned")] = field(
        default_factory=dict
    )

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        given = {name: value(walk, around, text) for name, text in self.give.items()}
        return (w.Run(part=self.flow, vars={k: v for k, v in given.items() if v is not None}),)

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        for variable, returned in self.into.items():
            if returned in answer.values:
                walk.vars[variable] = answer.values[returned]
        return (Goto(node=self.then),)
