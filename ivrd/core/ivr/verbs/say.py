"""say: numbers, dates, money and texts, put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from ivrd.core.ivr.parts import Part, speech
from ivrd.core.ivr.problem import Known, Problem
from ivrd.core.ivr.shape import Doc, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Goto, Hush, Request, Say, Walk


@dataclass(frozen=True, kw_only=True)
class SayParts(Deaf):
    """Say prompts, numbers, digits, dates, times, money, spelled ids and texts, one after the other.

    ``say: {parts: [{prompt: your-number}, {digits: vars.nib}], then: node}``. A key ends it and counts for the
    next menu. A part that has no value is passed over.
    """

    verb: ClassVar[str] = "say"
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    parts: Annotated[tuple[Part, ...], Doc("what is said")]
    then: Annotated[NodeRef, Doc("where the call goes on")]
    barge_in: Annotated[bool, Doc("false: heard to its end; keys still count afterwards")] = True

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if walk.typed and self.barge_in:
            return (Goto(node=self.then),)
        return (Say(speech=speech(self.parts, walk, around)),)

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        walk.typed += digit
        return (Hush(), Goto(node=self.then)) if self.barge_in else ()

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Goto(node=self.then),)

    def problems(self, known: Known) -> Iterable[Problem]:
        for i, part in enumerate(self.parts):
            yield from part.problems(("parts", i), known)
