"""What most verbs have in common: they do not listen."""

from __future__ import annotations

from ivrd.core.ivr.walk import Around, Request, Walk

Named = list[tuple[tuple[str | int, ...], str]]


class Deaf:
    """A verb that goes on by itself: keys are kept for the next menu, nothing else happens here."""

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        walk.typed += digit
        return ()

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return ()

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return ()

    def says(self) -> Named:
        return []
