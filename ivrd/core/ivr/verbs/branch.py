"""branch: go on by conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ivrd.core.ivr.expression import value
from ivrd.core.ivr.problem import Known, Problem
from ivrd.core.ivr.shape import BoolExpr, Doc, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way: taken when its condition is the first that holds."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    when: Annotated[BoolExpr, Doc("a condition", examples=('queues["kbli"].waiting > 10', "now.hour >= 16"))]
    then: Annotated[NodeRef, Doc("entered when it holds")]


@dataclass(frozen=True, kw_only=True)
class Branch(Deaf):
    """Go on by conditions over caller, time, variables and queues: the first that holds.

    ``branch: {cases: [{when: caller.vip, then: vip}], otherwise: node}``. A condition that has no value
    (a variable that was never set) does not hold.
    """

    verb: ClassVar[str] = "branch"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    cases: Annotated[tuple[Case, ...], Doc("looked at from the first to the last")]
    otherwise: Annotated[NodeRef, Doc("entered when none holds")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        for case in self.cases:
            if value(walk, around, case.when) is True:
                return (Goto(node=case.then),)
        return (Goto(node=self.otherwise),)

    def problems(self, known: Known) -> Iterable[Problem]:
        if not self.cases:
            yield Problem(path=("cases",), message="at least one case is needed", hint="to go on in any case, use `goto`")
