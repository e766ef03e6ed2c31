"""hangup: end the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ivrd.core.ivr.verbs.base import Deaf, Named
from ivrd.core.ivr.walk import Around, EndCall, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Hangup(Deaf):
    """``hangup: {why: completed}``. ``why`` says what the CDR shows."""

    verb: ClassVar[str] = "hangup"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    why: Literal["completed", "closed", "overflow", "no_input", "failed"] = "completed"
    cause: int = 16  #: Q.850

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (EndCall(cause=self.cause, why=self.why),)

    def targets(self) -> Named:
        return []
