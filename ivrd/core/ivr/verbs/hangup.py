"""hangup: end the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from ivrd.core.ivr.shape import Doc
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, EndCall, Request, Walk


@dataclass(frozen=True, kw_only=True)
class Hangup(Deaf):
    """End the call.

    ``hangup: {why: completed}``. ``why`` says what the CDR shows.
    """

    verb: ClassVar[str] = "hangup"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    why: Annotated[
        Literal["completed", "closed", "overflow", "no_input", "failed"],
        Doc("what the call's record shows"),
    ] = "completed"
    cause: Annotated[int, Doc("what the carrier is told: a Q.850 cause", examples=(16, 42))] = 16

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (EndCall(cause=self.cause, why=self.why),)
