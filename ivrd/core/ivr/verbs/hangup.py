"""hangup: end the call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from ivrd.core.ivr.problem import Known, Problem
from ivrd.core.ivr.shape import Doc
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Around, EndCall, Request, Walk

#: words for the causes of Q.850 that a dialplan has use for
CAUSES = {"normal": 16, "busy": 17, "no_answer": 19, "rejected": 21, "congestion": 42, "failure": 41}


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
    cause: Annotated[
        int | Literal["normal", "busy", "no_answer", "rejected", "congestion", "failure"],
        Doc("what the carrier is told: a word, or a Q.850 cause (1 to 127)", examples=("busy", 42)),
    ] = 16

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        cause = CAUSES[self.cause] if isinstance(self.cause, str) else self.cause
        return (EndCall(cause=cause, why=self.why),)

    def problems(self, known: Known) -> Iterable[Problem]:
        if isinstance(self.cause, int) and not 1 <= self.cause <= 127:
            yield Problem(path=("cause",), message="must be between 1 and 127 (Q.850)")
