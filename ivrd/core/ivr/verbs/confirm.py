"""confirm: read back, and ask whether it is right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ivrd.core.ivr.parts import Part, speech
from ivrd.core.ivr.problem import Known, Problem, at_least
from ivrd.core.ivr.shape import Doc, Escalates, NodeRef, Says
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import (
    Around,
    Escalating,
    Goto,
    Hush,
    Listen,
    Phase,
    Request,
    Say,
    Walk,
    nth,
    spoken,
)


@dataclass(frozen=True, kw_only=True)
class Confirm(Deaf):
    """Read something back and ask whether it is right: 1 is yes, 2 is no.

    ``confirm: {parts: [{prompt: you-typed}, {digits: vars.nib}], right: look-up, wrong: ask-again, otherwise: operator}``.
    """

    verb: ClassVar[str] = "confirm"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    parts: Annotated[tuple[Part, ...], Doc("what is read back")]
    right: Annotated[NodeRef, Doc("entered on 1")]
    wrong: Annotated[NodeRef, Doc("entered on 2")]
    otherwise: Annotated[NodeRef, Doc("entered after the last try")]
    ask: Annotated[Says, Doc("how the keys are asked for")] = ("confirm-keys",)
    timeout_s: Annotated[float, Doc("silence after the question, in seconds")] = 5.0
    tries: Annotated[int, Doc("wrong keys and silences together")] = 3
    invalid: Annotated[Escalates, Doc("said after a wrong key; a list of lists escalates")] = ("invalid-key",)
    silence: Annotated[Escalates, Doc("said after silence; a list of lists escalates")] = ("no-input",)

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.typed = ""  # nobody can say yes to what was not read back yet
        return self._read(walk, around, ())

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        hush = (Hush(),) if walk.phase == Phase.SAYING else ()
        if digit in "12":
            return (*hush, Goto(node=self.right if digit == "1" else self.wrong))
        return hush + self._once_more(walk, around, self.invalid)

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Listen(timeout_s=self.timeout_s),)

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return self._once_more(walk, around, self.silence)

    def _once_more(self, walk: Walk, around: Around, first: Escalating) -> tuple[Request, ...]:
        walk.attempt += 1
        if walk.attempt > self.tries:
            return (Goto(node=self.otherwise),)
        return self._read(walk, around, nth(first, walk.attempt - 1))

    def _read(self, walk: Walk, around: Around, first: tuple[str, ...]) -> tuple[Request, ...]:
        parts = speech(self.parts, walk, around)
        return (Say(speech=(*spoken(first, around), *parts, *spoken(self.ask, around))),)

    def problems(self, known: Known) -> Iterable[Problem]:
        for i, part in enumerate(self.parts):
            yield from part.problems(("parts", i), known)
        yield from at_least(("tries",), self.tries, 1)
        if self.timeout_s <= 0:
            yield Problem(path=("timeout_s",), message="must be more than 0 seconds")
