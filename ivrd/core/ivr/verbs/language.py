"""language: speak another language from here on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.shape import Doc, Names, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Language(Deaf):
    """Speak another language from here on.

    ``language: {set: en, then: node}``. Agents who speak it are asked for, too.
    """

    verb: ClassVar[str] = "language"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    set: Annotated[str, Names("language"), Doc("the language", examples=("id", "en"))]
    then: Annotated[NodeRef, Doc("where the call goes on")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.language = self.set
        return (Goto(node=self.then),)
