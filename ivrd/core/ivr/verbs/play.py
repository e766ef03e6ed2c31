"""play: say something and go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.shape import Doc, NodeRef, Says
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Goto, Hush, Request, Say, Walk, spoken


@dataclass(frozen=True, kw_only=True)
class Play(Deaf):
    """Say something and go on.

    ``play: {say: [...], then: node}``. A key ends it and counts for the next menu.
    """

    verb: ClassVar[str] = "play"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    say: Annotated[Says, Doc("prompts, one after the other", examples=(["welcome"],))]
    then: Annotated[NodeRef, Doc("where the call goes on")]
    barge_in: Annotated[
        bool, Doc("false: heard to its end (a legal notice); keys still count afterwards")
    ] = True

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if walk.typed and self.barge_in:
            return (Goto(node=self.then),)
        return (Say(speech=spoken(self.say, around)),)

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        walk.typed += digit
        return (Hush(), Goto(node=self.then)) if self.barge_in else ()

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Goto(node=self.then),)
