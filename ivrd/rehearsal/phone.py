"""The pretend telephone: takes the core's orders as Asterisk would, and says what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ivrd.core.commands import (
    AnswerCall,
    Command,
    ConnectCall,
    DeliverMessage,
    FinishRecording,
    HandOver,
    HangUp,
    OfferCall,
    PlayPrompt,
    StartRecording,
    StopPrompt,
    StoreCallback,
    TransferCall,
    WriteCdr,
)
from ivrd.core.events import (
    CallbackStored,
    CallerAnswered,
    CdrWritten,
    ChannelGone,
    Event,
    MessageDelivered,
    PromptFinished,
    RecordingPublished,
    RecordingStarted,
)

#: Q.850 19: nobody answered
_NO_ANSWER = 19


@dataclass(kw_only=True)
class Phone:
    """What is being played, and which agents' phones ring; both end at a known time."""

    length_s: Callable[[PlayPrompt], float]  #: how long it takes to say something
    due: dict[str, tuple[float, Event]] = field(default_factory=dict)  #: prompt or leg -> its end

    def carry_out(self, order: Command, at: float) -> Iterator[Event]:
        """Carry an order out; what happens at once because of it."""
        match order:
            case AnswerCall():
                yield CallerAnswered(at=at, call=order.call)
            case PlayPrompt():
                ends = at + self.length_s(order)
                ended = PromptFinished(at=ends, call=order.call, prompt=order.prompt)
                self.due[order.prompt] = (ends, ended)
            case StopPrompt():
                if self.due.pop(order.prompt, None):
                    yield PromptFinished(at=at, call=order.call, prompt=order.prompt)
            case OfferCall():
                ends = at + order.ring_timeout_s
                gone = ChannelGone(at=ends, call=order.call, channel=order.leg, cause=_NO_ANSWER)
                self.due[order.leg] = (ends, gone)
            case ConnectCall():
                self.due.pop(order.leg, None)
            case HangUp():
                self.due.pop(order.channel, None)
                yield ChannelGone(
                    at=at, call=order.call, channel=order.channel, cause=order.cause
                )
            case HandOver() | TransferCall():
                yield ChannelGone(at=at, call=order.call, channel=order.call)
            case StartRecording():
                yield RecordingStarted(at=at, call=order.call, name=order.name)
            case FinishRecording():
                yield RecordingPublished(
                    at=at, call=order.call, name=order.name, path=f"{order.name}.wav", duration_ms=order.expected_ms, sha256=""
                )  # fmt: skip
            case StoreCallback():
                yield CallbackStored(at=at, call=order.call, queue=order.wish.queue, open=1)
            case DeliverMessage():
                yield MessageDelivered(at=at, call=order.call, message=order.message, path="rehearsal", duration_ms=0)
            case WriteCdr():
                yield CdrWritten(at=at, call=order.call, revision=order.revision)
            case _:
                pass  # music, bridges and walls: nothing comes back

    def next(self) -> tuple[float, str] | None:
        """When the next thing ends by itself, and which."""
        return min(((ends, what) for what, (ends, _) in self.due.items()), default=None)

    def forget(self, call: str) -> None:
        """Whatever ``call`` is being told is of no interest any more."""
        for what in [what for what, (_, event) in self.due.items() if getattr(event, "call", "") == call]:
            del self.due[what]

    def take(self, what: str) -> Event:
        """It ended."""
        return self.due.pop(what)[1]
