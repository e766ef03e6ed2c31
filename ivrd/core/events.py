"""Events: what happened outside, as frozen facts in the past tense.

The counterpart to events are commands (commands.py). The shell stamps ``at`` (seconds since the
epoch, UTC) once, when the fact reaches ivrd; the core never asks what time it is. Every event is
journaled before it is handled, so each must survive a trip through JSON (see ``EVENTS``).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A fact. ``at``: seconds since the epoch, UTC."""

    at: float


# --- a caller's channel


@dataclass(frozen=True, kw_only=True, slots=True)
class CallArrived(Event):
    """A caller dialled ``did`` and Asterisk handed the channel to us, not answered yet."""

    call: str
    did: str
    caller_number: str  #: "" when withheld
    caller_name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerAnswered(Event):
    """Our answer took effect: the carrier's clock runs."""

    call: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitPressed(Event):
    """``digit`` (0-9 * # A-D) was pressed on ``channel``: the caller's, or an agent's leg."""

    call: str
    channel: str
    digit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceWatched(Event):
    """Asterisk listens for the caller's voice from now on."""

    call: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceHeard(Event):
    """The caller's line carries a voice (or any sound that is louder than a line's noise)."""

    call: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptFinished(Event):
    """The prompt was played to its end, was stopped, or could not be played (``failed``)."""

    call: str
    prompt: str
    failed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerHungUp(Event):
    """The caller hung up; the channel is still being torn down. ``cause``: Q.850."""

    call: str
    cause: int = 16
    cut: bool = False  #: nobody did: Asterisk is being shut down


@dataclass(frozen=True, kw_only=True, slots=True)
class AskAnswered(Event):
    """What a node of the dialplan asked of the outside is done: ``outcome`` in one word (ivr/orders.py)."""

    call: str
    ask_id: int  #: of AskOutside; an answer to an older one is of no interest
    outcome: str
    values: dict[str, bool | int | float | str] = field(default_factory=dict)


# --- an agent's leg


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentRinging(Event):
    """The agent's phone said that it rings."""

    call: str
    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentAnswered(Event):
    """The agent picked the offer up."""

    call: str
    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerSeen(Event):
    """The agent picked the offer up while nobody was in command here, and Asterisk connected the two: the rescuer saw it, ``at``."""

    call: str
    leg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentHungUp(Event):
    """The agent hung up an answered leg; the channel is still being torn down."""

    call: str
    leg: str
    cause: int = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferRefused(Event):
    """Asterisk could not even dial the agent's phone (not registered, no route)."""

    call: str
    leg: str
    reason: str
    asked: bool = True  #: Asterisk looked for the phone; False: it did not answer us, and the phone may be there


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldStarted(Event):
    """``channel`` put the other side on hold, from the phone."""

    call: str
    channel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldEnded(Event):
    """``channel`` took the other side back from hold."""

    call: str
    channel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferAsked(Event):
    """The agent at ``leg`` pressed the phone's transfer key: the caller is to be given to ``to``."""

    call: str
    leg: str
    to: str  #: as it was dialled; "" for a transfer to another call of the phone (attended)
    other: str = ""  #: that call's channel


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelGone(Event):
    """A channel of ours is no more (caller's, agent's, or a feature session). ``cause``: Q.850."""

    call: str
    channel: str
    cause: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerRescued(Event):
    """The caller was moved to the dialplan's fallback while nobody was in command here."""

    call: str
    alone_since: float = 0.0  #: when whom the caller talked to was last seen; 0: nobody saw them
    moved: bool = True  #: False: a customer who was called back, and had not answered; their phone was rung no more

    @property
    def channel(self) -> str:
        """The caller's, which is no longer ours."""
        return self.call


# --- agents' phones


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureDialled(Event):
    """A phone dialled a feature code: ``feature`` is log_in, log_out, pause, resume, end_wrap_up or extend_wrap_up."""

    session: str  #: the phone's channel
    extension: str
    feature: str
    detail: str = ""  #: of a pause: its reason


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsultDialled(Event):
    """A phone dialled a colleague or a queue, on a ``channel`` of its own."""

    channel: str
    extension: str  #: of the phone
    to: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PinChecked(Event):
    """What an agent typed in the session ``call`` was held against their PIN."""

    call: str
    right: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneReachable(Event):
    """The phone of ``extension`` registered or answered Asterisk's OPTIONS."""

    extension: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneUnreachable(Event):
    """The phone of ``extension`` is no longer registered or does not answer."""

    extension: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneInUse(Event):
    """The phone of ``extension`` rings, talks or holds, with us or with others."""

    extension: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneFree(Event):
    """The phone of ``extension`` is on no call."""

    extension: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentAsked(Event):
    """Somebody asked for ``wish`` (wishes.py) of an agent, not at the phone."""

    agent: str
    wish: str
    by: str  #: who asked: the name of a token
    reason: str = ""  #: of a pause; of a contact: its kind
    seconds: int = 0  #: by how much wrap-up is extended; 0 = by what the queue says
    contact: str = ""  #: of another channel, that begins or ends


# --- recordings, records, time, life


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingStarted(Event):
    """Asterisk writes the conversation to disk from now on."""

    call: str
    name: str = ""  #: of the recording, as it was ordered; "": the call's last one


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPauseFailed(Event):
    """Asterisk did not pause (``on``) or resume the recording, and why."""

    call: str
    on: bool
    reason: str
    again: bool = False  #: as it was ordered


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingPublished(Event):
    """The recording is whole and stands under its final name."""

    call: str
    path: str  #: relative to the recordings directory
    duration_ms: int
    sha256: str
    name: str = ""  #: as it was ordered
    ended_at: float = 0.0  #: when the last of it was written; 0: not known


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingFailed(Event):
    """There is no (whole) recording of the call, and why."""

    call: str
    reason: str
    name: str = ""  #: as it was ordered


@dataclass(frozen=True, kw_only=True, slots=True)
class CdrWritten(Event):
    """Revision ``revision`` of the call's CDR is safe in the store."""

    call: str
    revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageDelivered(Event):
    """What the caller said is in its mailbox."""

    call: str
    message: str
    path: str
    duration_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFailed(Event):
    """What the caller said could not be delivered, and why."""

    call: str
    message: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRefused(Event):
    """Asterisk refused an order of the call, or did not answer it: ``order`` is the name of the command."""

    call: str
    order: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackStored(Event):
    """The wish to be called back is safe in the store, which holds ``open`` of the queue now."""

    call: str
    queue: str
    open: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackClosed(Event):
    """What became of the wish is in the store, which holds ``open`` of the queue now."""

    promise: str
    queue: str
    open: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbacksCounted(Event):
    """Open requests in the store by queue: they are marked done from outside."""

    open: dict[str, int]
    done: tuple[str, ...] = ()  #: promises of ours that are open no longer


@dataclass(frozen=True, kw_only=True, slots=True)
class TimerFired(Event):
    """The deadline named ``timer`` has passed."""

    timer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DrainAsked(Event):
    """No new calls from now on; those in progress are served to their end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockStepped(Event):
    """The machine's clock was set by ``by_s``; ``at`` is the new time, and this took no time at all."""

    by_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelSeen:
    """A channel that Asterisk holds in our application, as found when we (re)connect."""

    channel: str
    state: str  #: Asterisk's word: Ring, Ringing, Up, Down
    role: str  #: call, agent or feature: the first word we gave the dialplan
    did: str = ""
    caller_number: str = ""
    caller_name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeSeen:
    """A bridge of ours that Asterisk holds, and who is in it."""

    bridge: str
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """When the rescuer saw a call's two sides for the last time, while nobody was in command here; 0: it did not."""

    call: str
    caller_at: float = 0.0
    other_at: float = 0.0  #: whom the caller talked to


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchSeen(Event):
    """We are (again) connected to Asterisk; this is everything of ours that it holds."""

    channels: tuple[ChannelSeen, ...] = ()
    bridges: tuple[BridgeSeen, ...] = ()
    began: str = ""  #: when this Asterisk was started, in its own words; "": not known
    watched: tuple[Watched, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchLost(Event):
    """The connection to Asterisk is gone; talking calls go on without us. Also: the last process's, with its last sign of life."""


EVENTS: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (
        CallArrived, CallerAnswered, DigitPressed, VoiceWatched, VoiceHeard, PromptFinished, CallerHungUp, CallerRescued, AskAnswered,
        AgentRinging, AgentAnswered, AnswerSeen, AgentHungUp, OfferRefused, HoldStarted, HoldEnded, TransferAsked, ChannelGone,
        FeatureDialled, ConsultDialled, PinChecked, PhoneReachable, PhoneUnreachable, PhoneInUse, PhoneFree, AgentAsked,
        RecordingStarted, RecordingPauseFailed, RecordingPublished, RecordingFailed, CdrWritten,
        MessageDelivered, MessageFailed, OrderRefused, CallbackStored, CallbackClosed, CallbacksCounted,
        TimerFired, DrainAsked, ClockStepped, SwitchSeen, SwitchLost,
    )
}  # fmt: skip
"""Every kind of event by name: what the journal can read back."""
