"""What most verbs have in common: they do not listen, ask nothing of the outside, and cannot be wrong."""

from __future__ import annotations

from collections.abc import Iterable

from ivrd.core.ivr.problem import Known, Problem
from ivrd.core.ivr.walk import Answer, Around, Request, Walk


class Deaf:
    """A verb that goes on by itself: keys are kept for the next menu, nothing else happens here."""

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        walk.typed += digit
        return ()

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return ()

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return ()

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        return ()

    def problems(self, known: Known) -> Iterable[Problem]:
        return ()
