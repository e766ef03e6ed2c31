"""The pretend Asterisk: takes the core's orders, says what became of them, at once or at a later moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ivrd.core import ids
from ivrd.core.commands import (
    AnswerCall,
    Command,
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
    AgentAnswered,
    AgentRinging,
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
class Switch:
    """Channels that exist, and what is being played; ``later`` makes an event happen at its moment."""

    length_s: Callable[[PlayPrompt], float]  #: how long it takes to say something
    picks_up: Callable[[str], float | None]  #: call -> seconds until the agent's phone is answered; None: it rings out
    later: Callable[[Event], None]
    channels: set[str] = field(default_factory=set)
    playing: dict[str, str] = field(default_factory=dict)  #: call -> the prompt that it is being told

    def carry_out(self, order: Command, at: float) -> Iterator[Event]:
        """Carry an order out; what happens at once because of it."""
        match order:
            case AnswerCall():
                yield CallerAnswered(at=at, call=order.call)
            case OfferCall():
                self._ring(order, at)
                yield AgentRinging(at=at, call=order.call, leg=order.leg)
            case HangUp():
                yield from self.gone(order.call, order.channel, at, order.cause)
            case HandOver() | TransferCall():
                yield from self.gone(order.call, order.call, at)
            case PlayPrompt():
                self.playing[order.call] = order.prompt
                self.later(PromptFinished(at=at + self.length_s(order), call=order.call, prompt=order.prompt))
            case StopPrompt():
                if self.playing.get(order.call) == order.prompt:
                    del self.playing[order.call]
                    yield PromptFinished(at=at, call=order.call, prompt=order.prompt)
            case StartRecording():
                yield RecordingStarted(at=at, call=order.call, name=order.name)
            case FinishRecording():
                yield RecordingPublished(at=at, call=order.call, name=order.name, path=order.name, duration_ms=order.expected_ms, sha256="")
            case WriteCdr():
                yield CdrWritten(at=at, call=order.call, revision=order.revision)
            case DeliverMessage():
                yield MessageDelivered(at=at, call=order.call, message=order.message, path=order.message, duration_ms=1000)
            case StoreCallback():
                yield CallbackStored(at=at, call=order.call, queue=order.wish.queue, open=1)
            case _:
                pass  # music, bridges and walls: nothing comes back; the outside of a dialplan answers nothing in time

    def still(self, event: Event) -> bool:
        """Whether what was to happen later can still happen."""
        match event:
            case PromptFinished():
                if self.playing.get(event.call) != event.prompt:
                    return False
                del self.playing[event.call]
                return True
            case AgentAnswered():
                return event.leg in self.channels
            case ChannelGone():
                if event.channel not in self.channels:
                    return False
                self.channels.discard(event.channel)
                return True
        return True

    def gone(self, call: str, channel: str, at: float, cause: int = 16) -> Iterator[Event]:
        """A channel ends, if it was there."""
        if channel in self.channels:
            self.channels.discard(channel)
            if channel == call:
                self.playing.pop(call, None)
            yield ChannelGone(at=at, call=call, channel=channel, cause=cause)

    def _ring(self, order: OfferCall, at: float) -> None:
        self.channels.add(order.leg)
        child = ids.parse(order.leg)
        after_s = self.picks_up(order.call) if child and child.agent else None
        if after_s is not None and after_s < order.ring_timeout_s:
            self.later(AgentAnswered(at=at + after_s, call=order.call, leg=order.leg))
        else:
            self.later(ChannelGone(at=at + order.ring_timeout_s, call=order.call, channel=order.leg, cause=_NO_ANSWER))
