"""callback: offer to call back, and take the number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core import numbers
from ivrd.core.ivr.problem import Known, Problem, at_least
from ivrd.core.ivr.shape import Doc, Names, NodeRef, Says
from ivrd.core.ivr.walk import (
    Answer,
    Around,
    Goto,
    Hush,
    KeepCallback,
    Listen,
    Phase,
    Request,
    Say,
    Walk,
    spoken,
)
from ivrd.core.speech import Digits

OFFER, ENTER, CONFIRM, NOTED = "offer", "enter", "confirm", "noted"


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Offer to call the caller back, and take the number.

    ``callback: {queue: kbli, then: bye, otherwise: menu}``. Key 1: at the number that calls; 2: at another one,
    typed and read back; *: no. Only numbers of ``callbacks.allow`` in config/ivrd.yaml are taken. People dial
    (``ivrd callbacks``), unless ``callbacks.dial`` there says that ivrd does (docs/waiting.md).
    """

    verb: ClassVar[str] = "callback"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    queue: Annotated[str, Names("queue"), Doc("the queue whose agents are to call back", examples=("kbli",))]
    then: Annotated[NodeRef, Doc("the request was noted")]
    otherwise: Annotated[NodeRef, Doc("the caller does not want it, or no number was understood")]
    say: Annotated[Says, Doc("the offer: keys 1, 2 and *")] = ("callback-offer",)
    enter_number: Annotated[Says, Doc("asks for the number, ended by #")] = ("callback-enter",)
    confirm: Annotated[Says, Doc("before the number is read back")] = ("callback-confirm",)
    confirm_keys: Annotated[Says, Doc("after it: 1 right, 2 once more")] = ("callback-confirm-keys",)
    not_possible: Annotated[Says, Doc("the number is not one that may be called")] = ("callback-not-possible",)
    noted: Annotated[Says, Doc("the request was noted")] = ("callback-noted",)
    invalid: Annotated[Says, Doc("said after a wrong key")] = ("invalid-key",)
    silence: Annotated[Says, Doc("said after silence")] = ("no-input",)
    timeout_s: Annotated[float, Doc("silence after a question, or between two digits")] = 5.0
    tries: Annotated[int, Doc("mistakes and silences, all questions together")] = 3

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if walk.turn == NOTED:  # a restart: the request is safe
            return (Goto(node=self.then),)
        walk.typed = ""
        own = numbers.allowed(around.number, around.may_call_back)
        return self._put(walk, around, OFFER if own else ENTER)

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if walk.turn == NOTED:
            return (Goto(node=self.then),)
        return (Listen(timeout_s=self.timeout_s),)

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        hush = (Hush(),) if walk.phase == Phase.SAYING else ()
        match walk.turn, digit:
            case ("enter", "#"):
                return hush + self._check(walk, around)
            case ("enter", "*") if not walk.entry:
                return (*hush, Goto(node=self.otherwise))
            case ("enter", _):
                walk.entry += digit
                if len(walk.entry) > numbers.LONGEST:
                    return hush + self._check(walk, around)
                return (*hush, Listen(timeout_s=self.timeout_s))
            case ("offer", "1"):
                return hush + self._keep(walk, around, around.number)
            case ("offer", "2") | ("confirm", "2"):
                return hush + self._put(walk, around, ENTER)
            case ("offer" | "confirm", "*"):
                return (*hush, Goto(node=self.otherwise))
            case ("confirm", "1"):
                return hush + self._keep(walk, around, walk.entry)
            case ("noted", _):
                walk.typed += digit
                return ()
            case _:
                return hush + self._once_more(walk, around, self.invalid)

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if walk.turn == ENTER and walk.entry:
            return self._check(walk, around)
        return self._once_more(walk, around, self.silence)

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        return ()

    def _put(self, walk: Walk, around: Around, part: str, first: Says = ()) -> tuple[Request, ...]:
        """Ask a question."""
        walk.turn = part
        if part == CONFIRM:
            speech = (
                *spoken(first + self.confirm, around),
                Digits(digits=walk.entry),
                *spoken(self.confirm_keys, around),
            )
            return (Say(speech=speech),)
        walk.entry = ""
        question = self.say if part == OFFER else self.enter_number
        return (Say(speech=spoken(first + question, around)),)

    def _check(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if numbers.allowed(walk.entry, around.may_call_back):
            return self._put(walk, around, CONFIRM)
        return self._once_more(walk, around, self.not_possible)

    def _keep(self, walk: Walk, around: Around, number: str) -> tuple[Request, ...]:
        walk.turn = NOTED
        return (
            KeepCallback(queue=self.queue, number=number),
            Say(speech=spoken(self.noted, around)),
        )

    def _once_more(self, walk: Walk, around: Around, first: Says) -> tuple[Request, ...]:
        walk.attempt += 1
        if walk.attempt > self.tries:
            return (Goto(node=self.otherwise),)
        return self._put(walk, around, walk.turn, first)

    def problems(self, known: Known) -> Iterable[Problem]:
        yield from at_least(("tries",), self.tries, 1)
        if self.timeout_s <= 0:
            yield Problem(path=("timeout_s",), message="must be more than 0 seconds")
        if not known.may_call_back:
            yield Problem(
                path=(),
                message="no number may be called back",
                hint="list patterns below callbacks.allow in config/ivrd.yaml, for example 08XXXXXXX.",
            )
