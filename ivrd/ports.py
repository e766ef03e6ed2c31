"""What the daemon asks of the outside world, in our own words. Adapters implement these.

All times are seconds since the epoch (UTC) unless a name says otherwise. An adapter raises
``OutsideError`` (errors.py) when the outside fails; it never lets a foreign exception through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ivrd.core.acd.decision import Decision
from ivrd.core.cdr import Cdr
from ivrd.core.events import AgentAsked, Event, SwitchSeen
from ivrd.core.ivr.orders import FetchHttp
from ivrd.core.ivr.walk import Answer
from ivrd.core.speech import Message, Speech
from ivrd.core.state import Callback
from ivrd.core.views import AgentView
from ivrd.errors import SwitchError

Inbox = Callable[[Event], None]
"""Where adapters put events: never blocks, never fails."""


#: the dialplan's context for callers whom ivrd does not serve: exten s, answered or not
FALLBACK_CONTEXT = "ivrd-fallback"
#: name of Asterisk's registration with the carrier (``trunk.kind: register``)
TRUNK_REGISTRATION = "trunk-registration"
#: in Asterisk's own database: calls that the fallback served, or that gave up before
UNSEEN_FAMILY = "ivrd-unseen"


class Clock(Protocol):
    """The one source of "now"."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...


class Telephony(Protocol):
    """Asterisk's channels and bridges. Ids are ours (core/ids.py), so every order may be repeated.

    A channel that is already gone makes an order harmless, not an error: its ChannelGone tells.
    """

    async def answer(self, channel: str) -> None:
        """Answer a caller's or a feature session's channel."""
        ...

    async def play(self, channel: str, prompt: str, media: Sequence[Path | Message]) -> None:
        """Play files one after the other as one prompt; PromptFinished comes to the inbox."""
        ...

    async def stop_prompt(self, prompt: str) -> None:
        """Stop a prompt; harmless when it is over."""
        ...

    async def start_music(self, channel: str, music: str = "") -> None:
        """Music on hold on a channel; ``music``: a class of ours, "" = the usual one."""
        ...

    async def stop_music(self, channel: str) -> None:
        """End music on hold."""
        ...

    async def open_bridge(self, bridge: str) -> None:
        """Create a bridge in which DTMF stays visible; harmless when it exists."""
        ...

    async def close_bridge(self, bridge: str) -> None:
        """Destroy a bridge; harmless when it is gone."""
        ...

    async def offer(
        self, leg: str, extension: str, caller_number: str, caller_name: str, timeout_s: int
    ) -> None:
        """Ring a phone on the channel ``leg`` until it is hung up, at most ``timeout_s`` where Asterisk can be told so. SwitchError when it cannot dial it."""
        ...

    async def connect(self, bridge: str, channels: Sequence[str]) -> None:
        """Put channels into a bridge together."""
        ...

    async def hang_up(self, channel: str, cause: int) -> None:
        """Hang a channel up; harmless when it is gone."""
        ...

    async def hand_over(self, channel: str) -> None:
        """Give a caller to the dialplan's fallback; harmless when the channel is gone."""
        ...

    async def transfer(self, channel: str, to: str) -> None:
        """Give a caller to the dialplan, to dial ``to``; harmless when the channel is gone."""
        ...

    async def answer_transfer(self, leg: str, taken: bool) -> None:
        """Tell a phone whether its transfer is taken; harmless when the channel is gone."""
        ...

    async def survey(self, at: float) -> SwitchSeen:
        """Everything of ours that Asterisk holds now."""
        ...


class Recorder(Protocol):
    """Starts and stops Asterisk's recording of a channel."""

    async def start_recording(self, channel: str, raw: Path, *, first: bool = False) -> None:
        """Record both directions of ``channel`` into ``raw`` (s16le, 8 kHz, stereo); harmless when that goes on already.

        ``first``: it was never ordered before, so nobody has to look whether it does.
        """
        ...

    async def pause_recording(self, channel: str, on: bool) -> None:
        """Record silence in place of what is said, or what is said again. SwitchError: nothing is recorded."""
        ...

    async def stop_recording(self, channel: str) -> None:
        """Stop; harmless when it has stopped with its channel."""
        ...


class Lamps(Protocol):
    """Keys of desk phones that watch a name."""

    async def set_lamps(self, lamps: Mapping[str, str]) -> dict[str, SwitchError]:
        """Show states: NOT_INUSE, INUSE, BUSY, RINGING, ONHOLD or UNAVAILABLE, by name. Those that are not shown, and why."""
        ...


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of a wish."""

    refused: str = ""  #: "" = it is so now, else why not (core/wishes.py)
    view: AgentView | None = None  #: the agent afterwards; None: there is no such agent


class AgentDesk(Protocol):
    """Where programs ask for agents (core/wishes.py)."""

    def ask(self, asked: AgentAsked) -> Reply:
        """Ask; it is handled when this returns."""
        ...

    def look(self, agent: str) -> Reply:
        """How the agent is."""
        ...

    def agents(self) -> Iterable[str]:
        """Ids of all agents."""

class Audit(Protocol):
    """Who did what, kept for whoever asks later."""

    def write(self, by: str, action: str, **facts: Any) -> str:
        """Append; blocks until it is on disk. A mark of the line. OutsideError."""
        ...


class Ear(Protocol):
    """Tells whether a caller speaks."""

    async def listen(self, channel: str, on: bool) -> None:
        """From now on VoiceHeard comes to the inbox when the channel's voice is heard, or no longer. SwitchError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Published:
    """A recording under its final name."""

    path: str  #: relative to the recordings directory
    duration_ms: int
    sha256: str
    note: str = ""  #: what is not as it should be ("2.1 s shorter than the talk")
    ended_at: float = 0.0  #: when Asterisk wrote the last of it; seconds since the epoch


class RecordingArchive(Protocol):
    """Turns Asterisk's raw file into a published recording, atomically."""

    def raw_path(self, name: str) -> Path:
        """Where Asterisk is to write the recording ``name`` (YYYY/MM/DD/<call>)."""
        ...

    def beep(self) -> Path:
        """The tone after which a caller speaks, without suffix, where Asterisk can read it."""
        ...

    async def publish(self, name: str, expected_ms: int) -> Published:
        """Wait until the raw file is whole, publish it; OutsideError when there is none."""
        ...


class PromptLibrary(Protocol):
    """Audio for what the core wants said."""

    def render(self, speech: Sequence[Speech], language: str) -> list[Path]:
        """Files to play, in order, without suffix. PromptMissing when one does not exist."""
        ...

    async def prepare(self, text: str, language: str) -> None:
        """Have a text spoken by the TTS command, off the loop, so that it can be rendered. PromptMissing."""
        ...

    def missing(self, keys: Iterable[str], languages: Iterable[str]) -> list[tuple[str, str]]:
        """(key, language) without audio: of ``keys`` and of all parts that numbers are made of."""
        ...

    def lengths_s(self, keys: Iterable[str], languages: Iterable[str]) -> dict[tuple[str, str], float]:
        """(key, language) -> how long it plays; what has no audio is left out."""
        ...


class DataDip(Protocol):
    """Services that flows ask while a caller waits."""

    async def fetch(self, call: str, order: FetchHttp) -> Answer:
        """Ask for a call; bounded in time, never raises: what went wrong is the answer's outcome."""
        ...


class CallStore(Protocol):
    """Where CDRs live."""

    async def write(self, cdr: Cdr, why: Sequence[Decision] = ()) -> None:
        """Insert the row, or overwrite the call's row, and why it came to whom; StoreError when it is not safe."""
        ...

    async def has(self, call: str) -> bool:
        """Whether the call has a row. StoreError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """A call that ended while ivrd was away. Times: seconds since the epoch, UTC."""

    call: str
    did: str
    caller_number: str
    arrived_at: float
    answered_at: float | None  #: by the fallback
    ended_at: float


class UnseenCalls(Protocol):
    """What Asterisk noted down of them."""

    async def unseen(self) -> list[Unseen]:
        """All that are there. SwitchError."""
        ...

    async def forget_unseen(self, call: str) -> None:
        """Its row is safe. SwitchError; harmless when it is gone."""
        ...


class MessageRecorder(Protocol):
    """Asterisk's recordings of what callers say after a beep."""

    async def record_message(self, channel: str, message: str, max_s: int, silence_s: int) -> None:
        """Record, until #, silence or ``max_s``; AskAnswered comes to the inbox. SwitchError when refused."""
        ...

    async def fetch_message(self, message: str) -> bytes:
        """The WAV file (s16le, 8 kHz, mono). SwitchError: there is none (yet)."""
        ...

    async def drop_message(self, message: str) -> None:
        """Forget it, recorded or still being so; harmless when it is gone."""
        ...


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message that a caller left."""

    message: str  #: its name (core/ids.py)
    call: str
    box: str
    number: str
    language: str
    left_at: float
    duration_ms: int = 0


class Mailboxes(Protocol):
    """Where messages go, for people to hear."""

    def find(self, letter: Letter) -> str | None:
        """The path of a message that was delivered before, or None. Blocks. OutsideError: no such box, or it cannot be looked into."""
        ...

    def size_bytes(self, letter: Letter) -> int:
        """Of a message that was delivered before. Blocks. OutsideError."""
        ...

    async def deliver(self, letter: Letter, audio: bytes) -> str:
        """Write it, whole or not at all; its path. OutsideError when it cannot be."""
        ...

    async def announce(self, letter: Letter, path: str) -> None:
        """Tell by e-mail those who want to know, if any. OutsideError."""
        ...


class LetterSeal(Protocol):
    """How messages are encrypted at rest."""

    suffix: str  #: of a sealed file's name

    def seal(self, day: str, audio: bytes) -> bytes:
        """What is written instead of ``audio``; ``day``: 2026-11-24, local. OutsideError."""
        ...

    def plain_bytes(self, sealed_bytes: int) -> int:
        """Of the audio in a sealed file of this size."""
        ...


class LetterStore(Protocol):
    """Where it is noted who left which message."""

    async def keep_letter(self, letter: Letter, path: str) -> None:
        """Note it, once. StoreError when it is not safe."""
        ...


class CallbackStore(Protocol):
    """Where wishes to be called back live."""

    async def keep_callback(self, wish: Callback) -> int:
        """Keep it, once, merged with an open one of the same number and queue; how many are open there.

        StoreError when it is not safe.
        """
        ...

    async def close_callback(self, queue: str, number: str, note: str, at: float) -> int:
        """Mark the number's open request done, if there is one; how many are open in the queue. StoreError."""
        ...


class Publisher(Protocol):
    """Where walls listen. Never blocks: the latest retained state wins, events are bounded."""

    def state(self, topic: str, payload: dict[str, object]) -> None:
        """Set the retained state of ``topic`` (below the site's base topic)."""
        ...

    def event(self, topic: str, payload: dict[str, object]) -> None:
        """Send an event beside the state, not retained."""
        ...


class Journal(Protocol):
    """What happened, on disk, before it is handled."""

    def append(self, event: Event) -> None:
        """Write one event; when this returns, a killed process does not lose it."""
        ...
