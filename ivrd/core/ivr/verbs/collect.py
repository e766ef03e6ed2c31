"""collect: let the caller type a number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from ivrd.core.ivr.checks import passes
from ivrd.core.ivr.expression import matches
from ivrd.core.ivr.orders import CheckSecret
from ivrd.core.ivr.problem import Known, Problem, at_least
from ivrd.core.ivr.shape import Doc, Escalates, Expression, NodeRef, Says, Sets
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import (
    Answer,
    Around,
    Ask,
    Escalating,
    Goto,
    Hush,
    Listen,
    Phase,
    Request,
    Say,
    Walk,
    nth,
    spoken,
)

MOST_DIGITS = 32
_CHECK_S = 2.0  #: the shell answers at once


def placeholder(variable: str) -> str:
    """What a masked variable holds in the core: the shell knows the value."""
    return f"<masked {variable}>"


@dataclass(frozen=True, kw_only=True)
class Collect(Deaf):
    """Let the caller type a number, digit by digit, and keep it in a variable.

    ``collect: {say: [ask-nib], into: nib, check: nib, then: read-back, otherwise: operator}``. It ends at
    ``max`` digits, at the terminator, or when no key comes. ``masked``: the digits are in no file, log,
    journal or record; only ``http`` can send them.
    """

    verb: ClassVar[str] = "collect"
    gives: ClassVar[str] = "string"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    say: Annotated[Says, Doc("what is asked", examples=(["ask-nib"],))]
    into: Annotated[Sets, Doc("the variable that gets the digits")]
    then: Annotated[NodeRef, Doc("entered with a number that is right")]
    otherwise: Annotated[NodeRef, Doc("entered after the last try")]
    min: Annotated[int, Doc("fewest digits")] = 1
    max: Annotated[int, Doc(f"most digits (at most {MOST_DIGITS}); the last one ends the number")] = 20
    terminator: Annotated[Literal["#", "*", ""], Doc('the key that ends the number; "" = none')] = "#"
    first_timeout_s: Annotated[float, Doc("silence before the first digit")] = 6.0
    digit_timeout_s: Annotated[float, Doc("silence after a digit: the number is complete")] = 4.0
    check: Annotated[
        Literal["", "luhn", "nib", "npwp", "nik"],
        Doc("luhn: a check digit; nib, npwp, nik: shape of an Indonesian business, tax or resident's number"),
    ] = ""
    pattern: Annotated[
        str, Expression("pattern"), Doc("a regular expression (RE2) for the whole number", examples=("8[0-9]*",))
    ] = ""
    masked: Annotated[bool, Doc("true: the digits are seen and kept nowhere")] = False
    tries: Annotated[int, Doc("wrong numbers and silences together")] = 3
    invalid: Annotated[Escalates, Doc("said after a wrong number; a list of lists escalates")] = ("invalid-entry",)
    silence: Annotated[Escalates, Doc("said after silence; a list of lists escalates")] = ("no-entry",)

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.entry = ""
        ahead, walk.typed = ("" if self.masked else walk.typed), ""
        if not ahead:
            return (Say(speech=spoken(self.say, around)),)
        for place, key in enumerate(ahead):
            if self._take(walk, key):
                walk.typed = ahead[place + 1 :]
                return self._complete(walk, around)
        return (Listen(timeout_s=self.digit_timeout_s),)

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        if walk.phase == Phase.ASKING:
            return ()  # the number is being looked at
        hush = (Hush(),) if walk.phase == Phase.SAYING else ()
        if self._take(walk, digit):
            return hush + self._complete(walk, around)
        return (*hush, Listen(timeout_s=self.digit_timeout_s))

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Listen(timeout_s=self.first_timeout_s),)

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return self._complete(walk, around) if walk.entry else self._once_more(walk, around, self.silence)

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        if answer.outcome != "ok":
            return self._once_more(walk, around, self.invalid)
        if self.into not in walk.masked:
            walk.masked.append(self.into)
        return self._keep(walk, placeholder(self.into))

    def _take(self, walk: Walk, key: str) -> bool:
        """Whether the number is complete with this key."""
        if key == self.terminator:
            return True
        walk.entry += key
        return len(walk.entry) >= self.max

    def _complete(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        typed, walk.entry = walk.entry, ""
        if len(typed) < self.min or any(key in "*#" for key in typed):
            return self._once_more(walk, around, self.invalid)
        if self.masked:
            order = CheckSecret(variable=self.into, digits=len(typed), check=self.check)
            return (Ask(order=order, deadline_s=_CHECK_S),)
        if not passes(self.check, typed) or (self.pattern and not matches(around, self.pattern, typed)):
            return self._once_more(walk, around, self.invalid)
        return self._keep(walk, typed)

    def _keep(self, walk: Walk, value: str) -> tuple[Request, ...]:
        walk.vars[self.into] = value
        return (Goto(node=self.then),)

    def _once_more(self, walk: Walk, around: Around, first: Escalating) -> tuple[Request, ...]:
        walk.entry = walk.typed = ""
        walk.attempt += 1
        if walk.attempt > self.tries:
            return (Goto(node=self.otherwise),)
        return (Say(speech=spoken(nth(first, walk.attempt - 1) + self.say, around)),)

    def problems(self, known: Known) -> Iterable[Problem]:
        yield from at_least(("tries",), self.tries, 1)
        yield from at_least(("min",), self.min, 1)
        yield from at_least(("max",), self.max, self.min)
        if self.max > MOST_DIGITS:
            yield Problem(path=("max",), message=f"must be at most {MOST_DIGITS}")
        for key in ("first_timeout_s", "digit_timeout_s"):
            if getattr(self, key) <= 0:
                yield Problem(path=(key,), message="must be more than 0 seconds")
        if self.masked and self.pattern:
            yield Problem(path=("pattern",), message="masked input is looked at by `check` alone")
