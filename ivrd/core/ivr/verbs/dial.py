"""dial: call somebody for the caller; transfer: give the caller away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core import numbers
from ivrd.core.ivr.problem import Known, Problem, unknown
from ivrd.core.ivr.shape import Doc, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Answer, Around, DialOut, Goto, Request, TransferTo, Walk

LONGEST_RING_S = 120
_ALLOW = "list patterns below asterisk.trunk.outbound.allow in config/ivrd.yaml"


@dataclass(frozen=True, kw_only=True)
class Dial(Deaf):
    """Call somebody and connect the two; afterwards the caller goes on in the flow.

    ``dial: {extension: "101", then: bye, busy: sorry, no_answer: sorry, failed: sorry}``. Numbers outside stand
    here and in asterisk.trunk.outbound of config/ivrd.yaml; nothing that a caller types is ever dialled.
    """

    verb: ClassVar[str] = "dial"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    extension: Annotated[str, Doc("an agent's phone", examples=("101",))] = ""
    number: Annotated[str, Doc("a number outside, through the trunk", examples=("0215551234",))] = ""
    timeout_s: Annotated[int, Doc("how long it rings")] = 30
    max_s: Annotated[int, Doc("the longest conversation; then the flow goes on at `then`")] = 3600
    then: Annotated[NodeRef, Doc("after the conversation, when the other side hung up first")]
    busy: Annotated[NodeRef, Doc("busy or declined")]
    no_answer: Annotated[NodeRef, Doc("nobody picked up in time")]
    failed: Annotated[NodeRef, Doc("could not be dialled, or the day's limit is reached")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.typed = ""
        return (
            DialOut(
                extension=self.extension,
                number=self.number,
                timeout_s=self.timeout_s,
                max_s=self.max_s,
            ),
        )

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        ways = {"answered": self.then, "busy": self.busy, "no_answer": self.no_answer}
        return (Goto(node=ways.get(answer.outcome, self.failed)),)

    def problems(self, known: Known) -> Iterable[Problem]:
        yield from _dialled(self.extension, self.number, known)
        if not 1 <= self.timeout_s <= LONGEST_RING_S:
            yield Problem(path=("timeout_s",), message=f"must be between 1 and {LONGEST_RING_S} seconds")
        if self.max_s < 1:
            yield Problem(path=("max_s",), message="must be at least 1 second")


@dataclass(frozen=True, kw_only=True)
class Transfer(Deaf):
    """Give the caller away for good, to a phone or a number outside.

    ``transfer: {extension: "101", failed: sorry}``. From then on Asterisk alone has the call; the CDR says ``transferred``.
    """

    verb: ClassVar[str] = "transfer"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    extension: Annotated[str, Doc("an agent's phone", examples=("101",))] = ""
    number: Annotated[str, Doc("a number outside, through the trunk", examples=("0215551234",))] = ""
    failed: Annotated[NodeRef, Doc("it may not be dialled, or the phone is busy")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (TransferTo(extension=self.extension, number=self.number),)

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        return (Goto(node=self.failed),)

    def problems(self, known: Known) -> Iterable[Problem]:
        yield from _dialled(self.extension, self.number, known)


def _dialled(extension: str, number: str, known: Known) -> Iterable[Problem]:
    if bool(extension) == bool(number):
        yield Problem(path=(), message="one of extension and number is needed, and not both")
    elif extension and extension not in known.extensions:
        yield unknown(("extension",), "extension", extension, known.extensions)
    elif number and not numbers.allowed(number, known.may_dial):
        yield Problem(path=("number",), message=f"{number!r} may not be dialled", hint=_ALLOW)
