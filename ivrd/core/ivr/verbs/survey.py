"""survey: one question, answered by keys, for instance after the agent has hung up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from ivrd.core.ivr.problem import Known, Problem, at_least
from ivrd.core.ivr.shape import Doc, NodeRef, Says
from ivrd.core.ivr.walk import Answer, Around, Goto, Hush, Listen, Phase, Request, Say, Walk, spoken

#: least and greatest answer; NPS counts 0-6 as detractors, 9 and 10 as promoters
SCALES: dict[str, tuple[int, int]] = {"csat": (1, 5), "nps": (0, 10)}


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Ask one question of satisfaction; the answer stands in the call's CDR.

    ``survey: {ask: csat, say: [survey-csat], then: next}``. Usually reached by the queue's ``after``. Who
    hangs up half-way has given the answers so far; who gives none goes on all the same.
    """

    verb: ClassVar[str] = "survey"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    ask: Annotated[Literal["csat", "nps"], Doc("csat: 1 to 5; nps: 0 to 10 (10 is typed 1 0)")]
    say: Annotated[Says, Doc("the question", examples=(["survey-csat"],))]
    then: Annotated[NodeRef, Doc("after the answer, or after the last try")]
    timeout_s: Annotated[float, Doc("silence after the question")] = 5.0
    digit_timeout_s: Annotated[float, Doc("nps: wait so long for the 0 of 10; # means that there is none")] = 2.0
    tries: Annotated[int, Doc("so often the question is put")] = 2
    invalid: Annotated[Says, Doc("said after a wrong key, before the question is put again")] = ("invalid-key",)
    silence: Annotated[Says, Doc("said after silence, before the question is put again")] = ("no-input",)

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.entry = walk.typed = ""
        return (Say(speech=spoken(self.say, around)),)

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Listen(timeout_s=self.timeout_s),)

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        hush = (Hush(),) if walk.phase == Phase.SAYING else ()
        if walk.entry:
            if digit == "#":
                return self._take(walk, walk.entry)
            return self._take(walk, walk.entry + digit) or self._once_more(walk, around, self.invalid)
        if self.ask == "nps" and digit == "1":
            walk.entry = digit
            return (*hush, Listen(timeout_s=self.digit_timeout_s))
        return hush + (self._take(walk, digit) or self._once_more(walk, around, self.invalid))

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if walk.entry:
            return self._take(walk, walk.entry)
        return self._once_more(walk, around, self.silence)

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        return ()

    def _take(self, walk: Walk, typed: str) -> tuple[Request, ...]:
        """Empty when it is not on the scale."""
        least, greatest = SCALES[self.ask]
        if not typed.isdigit() or not least <= int(typed) <= greatest:
            return ()
        walk.entry = ""
        walk.answers[self.ask] = int(typed)
        return (Goto(node=self.then),)

    def _once_more(self, walk: Walk, around: Around, first: tuple[str, ...]) -> tuple[Request, ...]:
        walk.entry = ""
        walk.attempt += 1
        if walk.attempt > self.tries:
            return (Goto(node=self.then),)
        return (Say(speech=spoken(first + self.say, around)),)

    def problems(self, known: Known) -> Iterable[Problem]:
        yield from at_least(("tries",), self.tries, 1)
        for key in ("timeout_s", "digit_timeout_s"):
            if getattr(self, key) <= 0:
                yield Problem(path=(key,), message="must be more than 0 seconds")
