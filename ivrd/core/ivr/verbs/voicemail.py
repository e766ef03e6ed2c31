"""voicemail: the caller leaves a message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivrd.core.ivr.orders import RecordMessage
from ivrd.core.ivr.problem import Known, Problem, at_least
from ivrd.core.ivr.shape import Doc, Names, NodeRef, Says
from ivrd.core.ivr.walk import (
    Answer,
    Around,
    Ask,
    DropMessage,
    Goto,
    Hush,
    Listen,
    Phase,
    Replay,
    Request,
    Say,
    SendMessage,
    Walk,
    spoken,
)
from ivrd.core.speech import Beep

GREETING, BEEP, RECORDING, REVIEW, SENT = "greeting", "beep", "recording", "review", "sent"
_GRACE_S = 15.0  #: the beep, and the recording's way to the disk
LONGEST_S = 600


@dataclass(frozen=True, kw_only=True)
class Voicemail:
    """Let the caller leave a message.

    ``voicemail: {box: umum, then: bye, otherwise: bye}``. Ended by #, silence, ``max_s``, or hanging up (then it is
    sent as it is). With ``review``: 1 sends it, 2 plays it, 3 records again. Boxes stand in config/ivrd.yaml.
    """

    verb: ClassVar[str] = "voicemail"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    box: Annotated[str, Names("mailbox"), Doc("one of voicemail.boxes in config/ivrd.yaml", examples=("umum",))]
    then: Annotated[NodeRef, Doc("the message was sent")]
    otherwise: Annotated[NodeRef, Doc("no message came, or it could not be recorded")]
    say: Annotated[Says, Doc("said before the beep")] = ("voicemail-greeting",)
    review: Annotated[bool, Doc("let the caller listen, record again, and send")] = True
    review_keys: Annotated[Says, Doc("1 send, 2 listen, 3 again")] = ("voicemail-review",)
    too_short: Annotated[Says, Doc("nothing was heard; said before the next try")] = ("voicemail-too-short",)
    sent: Annotated[Says, Doc("the message was sent")] = ("voicemail-sent",)
    invalid: Annotated[Says, Doc("said after a wrong key")] = ("invalid-key",)
    max_s: Annotated[int, Doc("the longest message")] = 120
    min_s: Annotated[float, Doc("a shorter one is none")] = 2.0
    silence_s: Annotated[int, Doc("so long without a word ends it")] = 5
    timeout_s: Annotated[float, Doc("silence after the review: the message is sent")] = 5.0
    tries: Annotated[int, Doc("recordings without a message, and wrong keys")] = 3

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        if walk.turn == SENT:  # a restart: it is on its way
            return (Goto(node=self.then),)
        # a restart while it was recorded: Asterisk records on, and would say nothing before it is done
        begun = (DropMessage(),) if walk.turn == RECORDING else ()
        walk.typed = ""
        walk.turn = GREETING
        return (*begun, self._greet(around))

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        match walk.turn:
            case "greeting" | "beep":
                return self._record(walk)
            case "sent":
                return (Goto(node=self.then),)
            case _:
                return (Listen(timeout_s=self.timeout_s),)

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        hush = (Hush(),) if walk.phase == Phase.SAYING else ()
        match walk.turn, digit:
            case ("greeting", _):
                walk.turn = BEEP
                return (*hush, Say(speech=(Beep(),)))
            case ("beep" | "recording", _):
                return ()  # Asterisk hears the # itself
            case ("review", "1"):
                return hush + self._send(walk, around)
            case ("review", "2"):
                return (*hush, Replay(then=spoken(self.review_keys, around)))
            case ("review", "3"):
                walk.turn = GREETING
                return (*hush, self._greet(around))
            case ("review", _):
                walk.attempt += 1
                if walk.attempt > self.tries:
                    return hush + self._send(walk, around)
                return (*hush, Say(speech=spoken(self.invalid + self.review_keys, around)))
            case _:
                walk.typed += digit
                return ()

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return self._send(walk, around)

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        if answer.outcome != "recorded":
            return (DropMessage(), Goto(node=self.otherwise))
        if float(answer.values.get("duration_s", 0)) < self.min_s:
            walk.attempt += 1
            if walk.attempt > self.tries:
                return (DropMessage(), Goto(node=self.otherwise))
            walk.turn = GREETING
            return (DropMessage(), self._greet(around, self.too_short))
        if not self.review:
            return self._send(walk, around)
        walk.turn = REVIEW
        return (Say(speech=spoken(self.review_keys, around)),)

    def _greet(self, around: Around, first: Says = ()) -> Request:
        return Say(speech=(*spoken(first + self.say, around), Beep()))

    def _record(self, walk: Walk) -> tuple[Request, ...]:
        walk.turn = RECORDING
        order = RecordMessage(
            box=self.box, max_s=self.max_s, silence_s=self.silence_s, min_s=self.min_s
        )
        return (Ask(order=order, deadline_s=self.max_s + _GRACE_S),)

    def _send(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        walk.turn = SENT
        return (SendMessage(), Say(speech=spoken(self.sent, around)))

    def problems(self, known: Known) -> Iterable[Problem]:
        yield from at_least(("tries",), self.tries, 1)
        yield from at_least(("silence_s",), self.silence_s, 1, "seconds")
        yield from at_least(("min_s",), self.min_s, 0, "seconds")
        if self.timeout_s <= 0:
            yield Problem(path=("timeout_s",), message="must be more than 0 seconds")
        if not self.min_s < self.max_s <= LONGEST_S:
            yield Problem(path=("max_s",), message=f"must be more than min_s and at most {LONGEST_S} seconds")
