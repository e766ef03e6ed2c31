"""language: speak another language from here on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivrd.core.ivr.verbs.base import Deaf, Named
from ivrd.core.ivr.walk import Around, Goto, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Language(Deaf):
    """``language: {set: en, then: node}``. Agents who speak it are asked for, too."""

    verb: ClassVar[str] = "language"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    set: str
    then: str

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.language = self.set
        return (Goto(node=self.then),)

    def targets(self) -> Named:
        return [(("then",), self.then)]
