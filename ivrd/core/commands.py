"""Commands: what the shell is to do, as orders in the imperative.

The counterpart to commands are events (events.py): a command's outcome comes back as one. The
shell runs the commands of one ``lane`` one after the other and different lanes side by side, so
that an agent's phone can be dialled while the caller is being answered.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr
from ivrd.core.ivr.orders import Order
from ivrd.core.speech import Speech
from ivrd.core.state import Callback
from ivrd.core.views import AgentView, AlertView, QueueView, TrunkView


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """An order of ``call`` (a call's id, or a feature session's channel)."""

    call: str

    @property
    def lane(self) -> str:
        """Orders of one lane are carried out one after the other."""
        return self.call


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerCall(Command):
    """Answer the caller's channel. Comes back: CallerAnswered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListenForVoice(Command):
    """Have Asterisk tell when the caller speaks, or no longer. Comes back: VoiceWatched, when ``on``."""

    on: bool

    @property
    def lane(self) -> str:
        return f"{self.call}.voice"  # it holds up no other order of the call


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayPrompt(Command):
    """Say ``speech`` on the call's channel. Comes back: PromptFinished."""

    prompt: str  #: the playback's id
    speech: tuple[Speech, ...]
    language: str
    channel: str = ""  #: "" = the caller's; else an agent's leg


@dataclass(frozen=True, kw_only=True, slots=True)
class StopPrompt(Command):
    """Stop a prompt at once. Nothing comes back that the core waits for."""

    prompt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AskOutside(Command):
    """Do what a node of the dialplan asks for (ivr/orders.py). Comes back: AskAnswered."""

    ask_id: int
    order: Order

    @property
    def lane(self) -> str:
        return f"{self.call}.ask"  # however long it takes, it holds up no other order of the call


@dataclass(frozen=True, kw_only=True, slots=True)
class StartMusic(Command):
    """Music on hold for the caller."""

    music: str = ""  #: a class of config/ivrd.yaml's ``music``; "" = the usual one


@dataclass(frozen=True, kw_only=True, slots=True)
class StopMusic(Command):
    """End the caller's music on hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenBridge(Command):
    """Create the call's own bridge; harmless when it is there already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseBridge(Command):
    """Destroy the call's bridge."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferCall(Command):
    """Ring an agent's phone, or whom a flow dials (``extension`` is then ``number@trunk``). Comes back: AgentAnswered, ChannelGone or OfferRefused."""

    leg: str
    extension: str
    caller_number: str
    caller_name: str  #: what the phone's display shows beside the number
    ring_timeout_s: int  #: then we hang up

    @property
    def lane(self) -> str:
        return self.leg


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinBridge(Command):
    """Put the caller into the call's bridge ahead of the agent, who then has only to be added."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectCall(Command):
    """Put caller and agent into the call's bridge."""

    leg: str
    joined: bool = False  #: the caller is there already


@dataclass(frozen=True, kw_only=True, slots=True)
class HangUp(Command):
    """Hang a channel up (caller's, agent's or session's). Comes back: ChannelGone."""

    channel: str
    cause: int = 16  #: Q.850: 16 normal, 17 busy, 19 no answer, 34 no circuit, 42 congestion

    @property
    def lane(self) -> str:
        return self.channel


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOver(Command):
    """Give the caller to the dialplan's fallback: we serve no new calls now. Comes back: ChannelGone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferCall(Command):
    """Give the caller to the dialplan, to dial ``to`` (an extension or number). Comes back: ChannelGone."""

    to: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerTransfer(Command):
    """Tell the phone at ``leg`` whether its transfer is taken. Nothing comes back."""

    leg: str
    taken: bool

    @property
    def lane(self) -> str:
        return self.leg


@dataclass(frozen=True, kw_only=True, slots=True)
class StartRecording(Command):
    """Record the conversation, stereo: caller left, agent right. Comes back: RecordingStarted/-Failed."""

    name: str  #: relative path without suffix: YYYY/MM/DD/<call>
    first: bool = False  #: never ordered before for this call: it cannot be recorded already

    @property
    def lane(self) -> str:
        return f"{self.call}.recording"


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseRecording(Command):
    """Record silence from here on, or what is said again. Comes back: RecordingPauseFailed, when it could not be."""

    on: bool
    again: bool = False  #: it was ordered before an outage, and is so most likely

    @property
    def lane(self) -> str:
        return f"{self.call}.recording"


@dataclass(frozen=True, kw_only=True, slots=True)
class FinishRecording(Command):
    """Stop recording and publish the file. Comes back: RecordingPublished or RecordingFailed."""

    name: str
    expected_ms: int  #: how long the conversation was, by our clock: the file must hold about that
    ended: bool = False  #: with its channel, which was hung up: there is nothing to stop any more

    @property
    def lane(self) -> str:
        return f"{self.call}.recording"


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteCdr(Command):
    """Write (or overwrite) the call's row, and why it came to whom. Comes back: CdrWritten."""

    revision: int
    cdr: Cdr
    why: tuple[Decision, ...] = ()

    @property
    def lane(self) -> str:
        return f"{self.call}.cdr"  # rows of several calls are written together


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliverMessage(Command):
    """Put what the caller said into its mailbox, once. Comes back: MessageDelivered or MessageFailed."""

    message: str
    box: str
    number: str
    language: str
    left_at: float

    @property
    def lane(self) -> str:
        return f"{self.call}.message"


@dataclass(frozen=True, kw_only=True, slots=True)
class DropMessage(Command):
    """Forget what the caller said, recorded or still being so."""

    message: str

    @property
    def lane(self) -> str:
        return f"{self.call}.ask"  # before the next one is recorded


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreCallback(Command):
    """Keep the wish in the store, once. Comes back: CallbackStored."""

    wish: Callback

    @property
    def lane(self) -> str:
        return "callbacks"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPin(Command):
    """Hold what was typed in the session ``call`` against the agent's PIN. Comes back: PinChecked."""

    agent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseCallback(Command):
    """Note in the store what became of the number's open wish in the queue. Comes back: CallbackClosed."""

    promise: str  #: id
    queue: str
    number: str
    note: str
    at: float

    @property
    def lane(self) -> str:
        return "callbacks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Publish(Command):
    """Base of what goes to walls: never waits for anything, latest state wins."""

    call: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishQueue(Publish):
    """The queue's state, retained."""

    view: QueueView


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishAgent(Publish):
    """The agent's state, retained."""

    view: AgentView


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishTrunk(Publish):
    """The trunk's state, retained."""

    view: TrunkView


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishAlert(Publish):
    """What people must see to, retained."""

    view: AlertView


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishEvent(Publish):
    """Something happened; not retained. Never carries a caller's number."""

    kind: str  #: call_arrived, call_queued, call_offered, call_answered, call_ended, ...
    at: float
    facts: dict[str, str | int | float | None]
