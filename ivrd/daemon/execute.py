"""The only place where commands become I/O. A command's outcome returns as an event."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from pathlib import Path
from typing import Any, TypeVar, assert_never

import structlog

from ivrd.core import ids
from ivrd.core.commands import (
    AnswerCall,
    AnswerTransfer,
    AskOutside,
    CheckPin,
    CloseBridge,
    CloseCallback,
    Command,
    ConnectCall,
    DeliverMessage,
    DropMessage,
    FinishRecording,
    HandOver,
    HangUp,
    JoinBridge,
    ListenForVoice,
    OfferCall,
    OpenBridge,
    PauseRecording,
    PlayPrompt,
    StartMusic,
    StartRecording,
    StopMusic,
    StopPrompt,
    StoreCallback,
    TransferCall,
    WriteCdr,
)
from ivrd.core.events import (
    AskAnswered,
    CallbackClosed,
    CallbackStored,
    CdrWritten,
    MessageDelivered,
    MessageFailed,
    OfferRefused,
    OrderRefused,
    PinChecked,
    PromptFinished,
    RecordingFailed,
    RecordingPauseFailed,
    RecordingPublished,
    RecordingStarted,
    VoiceWatched,
)
from ivrd.core.ivr.orders import CheckSecret, FetchHttp, RecordMessage
from ivrd.core.ivr.walk import Answer
from ivrd.core.speech import Beep, Message, Text
from ivrd.daemon import letters
from ivrd.daemon.again import Again
from ivrd.errors import IvrdError, OutsideError, PromptMissing, StoreError, SwitchError
from ivrd.ports import (
    CallbackStore,
    CallStore,
    Clock,
    DataDip,
    Ear,
    Inbox,
    LetterStore,
    Mailboxes,
    MessageRecorder,
    PromptLibrary,
    Recorder,
    RecordingArchive,
    Telephony,
)
from ivrd.vault import Vault

T = TypeVar("T")
_log = structlog.get_logger(__name__)

#: a row that cannot be written is tried again; it is safe in the journal meanwhile
STORE_BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)

#: Asterisk connects the two first; a recorder that is set up at the same moment delays that, and a frame lasts four times as long
RECORD_AFTER_S = 0.005
#: so much after us Asterisk ends a ringing by itself, should we be away then
BACKSTOP_S = 2

#: statuses of Asterisk (0: none came) that say nothing of the phone: too busy, not there, not in time
_NOT_LOOKED = frozenset({0, 502, 503, 504})

ForShell = (
    AnswerCall | PlayPrompt | StopPrompt | StartMusic | StopMusic | OpenBridge | CloseBridge
    | OfferCall | JoinBridge | ConnectCall | HangUp | HandOver | StartRecording | FinishRecording | WriteCdr
    | AskOutside | PauseRecording | ListenForVoice | StoreCallback | CloseCallback | DeliverMessage | DropMessage | TransferCall | CheckPin
    | AnswerTransfer
)  # fmt: skip


@dataclass(kw_only=True)
class Outside:
    """The outside world, as ports."""

    telephony: Telephony
    recorder: Recorder
    ear: Ear
    archive: RecordingArchive
    prompts: PromptLibrary
    store: CallStore
    dip: DataDip
    callbacks: CallbackStore
    messages: MessageRecorder
    mailboxes: Mailboxes
    letters: LetterStore


class Executor:
    """Carries commands out. ``failed`` is told of each refusal; ``no_room`` says why no recording, and no message, may begin."""

    def __init__(
        self,
        outside: Outside,
        inbox: Inbox,
        clock: Clock,
        failed: Callable[[str], None],
        vault: Vault | None = None,
        no_room: Callable[[], str] = lambda: "",
    ) -> None:
        self._no_room = no_room
        self._vault = vault or Vault()
        self._out = outside
        self._inbox = inbox
        self._clock = clock
        self._failed = failed
        self._unrecorded: set[str] = set()  # calls that hung up before their recording began
        self._rows_taken = asyncio.Event()
        self._rows_taken.set()
        self.again = Again()

    async def __call__(self, command: Command) -> None:
        """Carry one command out; what goes wrong becomes an event or a line in the log, whatever it is: it raises nothing."""
        if await self._foreseen(command):
            return
        for wait_s in _waits(command):
            await asyncio.sleep(wait_s)
            if await self._foreseen(command):
                return

    async def _foreseen(self, command: Command) -> bool:
        """Carry it out; False when it failed in a way that nobody thought of."""
        try:
            await self._execute(command)  # type: ignore[arg-type]  # publications do not come here
            self.again.obeyed(command)
        except (OutsideError, PromptMissing) as exc:
            self._refused(command, exc)
        except Exception as exc:  # a disk, or a defect: this order's trouble must not end everybody's call
            _log.exception("order failed", call=command.call, order=type(command).__name__)
            self._refused(command, exc)
            return False
        return True

    async def _execute(self, command: ForShell) -> None:
        phone = self._out.telephony
        match command:
            case AnswerCall():
                await phone.answer(command.call)
            case PlayPrompt():
                for item in command.speech:
                    if isinstance(item, Text):  # this call waits for it, no other does
                        await self._out.prompts.prepare(item.text, command.language)
                await phone.play(command.channel or command.call, command.prompt, self._media(command))
            case ListenForVoice():
                await self._listen(command)
            case StopPrompt():
                await phone.stop_prompt(command.prompt)
            case StartMusic():
                await phone.start_music(command.call, command.music)
            case StopMusic():
                await phone.stop_music(command.call)
            case OpenBridge():
                await phone.open_bridge(ids.bridge(command.call))
            case CloseBridge():
                await phone.close_bridge(ids.bridge(command.call))
            case OfferCall():
                await phone.offer(
                    command.leg,
                    command.extension,
                    command.caller_number,
                    command.caller_name,
                    command.ring_timeout_s + BACKSTOP_S,
                )
            case ConnectCall():
                caller = () if command.joined else (command.call,)
                await phone.connect(ids.bridge(command.call), (command.leg, *caller))
            case JoinBridge():
                await phone.connect(ids.bridge(command.call), (command.call,))
            case HangUp():
                await phone.hang_up(command.channel, command.cause)
            case HandOver():
                await phone.hand_over(command.call)
            case TransferCall():
                await phone.transfer(command.call, command.to)
            case AnswerTransfer():
                await phone.answer_transfer(command.leg, command.taken)
            case StartRecording():
                await self._start_recording(command)
            case PauseRecording():
                await self._out.recorder.pause_recording(command.call, command.on)
            case AskOutside():
                await self._ask(command)
            case FinishRecording():
                await self._finish_recording(command)
            case WriteCdr():
                await self._write(command)
            case DeliverMessage():
                await self._deliver(command)
            case DropMessage():
                await self._out.messages.drop_message(command.message)
            case CloseCallback():
                await self._close_callback(command)
            case StoreCallback():
                await self._keep_callback(command)
            case CheckPin():
                self._tell(PinChecked, call=command.call, right=self._vault.is_pin(command.call, command.agent))
            case _:
                assert_never(command)

    async def _listen(self, command: ListenForVoice) -> None:
        await self._out.ear.listen(command.call, command.on)
        if command.on:
            self._tell(VoiceWatched, call=command.call)

    def _media(self, command: PlayPrompt) -> list[Path | Message]:
        """Files of what we say; what the caller said stands among them as it is."""
        media: list[Path | Message] = []
        for kind, speech in groupby(command.speech, lambda s: type(s) if isinstance(s, Beep | Message) else None):
            some = list(speech)
            if kind is None:
                media += self._out.prompts.render(some, command.language)
            else:
                media += [self._out.archive.beep() if isinstance(s, Beep) else s for s in some]  # type: ignore[misc]
        return media

    async def _ask(self, command: AskOutside) -> None:
        match command.order:
            case FetchHttp() as order:
                revealed = self._vault.reveal(command.call, order)
                answer = await self._out.dip.fetch(command.call, revealed) if revealed else Answer(outcome="lost")
            case CheckSecret() as order:
                answer = self._vault.check(command.call, order)
            case RecordMessage() if why := self._no_room():
                _log.warning("message not recorded", call=command.call, reason=why)
                answer = Answer(outcome="failed", values={"why": why})
            case RecordMessage() as order:
                name = ids.message(command.call, command.ask_id)
                await self._out.messages.record_message(command.call, name, order.max_s, order.silence_s)
                return  # Asterisk answers when the message is over
            case _:
                raise AssertionError(f"nobody carries out {command.order}")
        self._tell(
            AskAnswered,
            call=command.call,
            ask_id=command.ask_id,
            outcome=answer.outcome,
            values=dict(answer.values),
        )

    async def _start_recording(self, command: StartRecording) -> None:
        if why := self._no_room():
            self._unrecorded.add(command.call)
            self._tell(RecordingFailed, call=command.call, name=command.name, reason=why)
            return
        raw = self._out.archive.raw_path(command.name)
        await asyncio.sleep(RECORD_AFTER_S)
        await self._out.recorder.start_recording(command.call, raw, first=command.first)
        self._unrecorded.discard(command.call)  # a try before this one may have failed
        self._tell(RecordingStarted, call=command.call, name=command.name)

    async def _finish_recording(self, command: FinishRecording) -> None:
        if command.call in self._unrecorded:  # told when the start was refused: no file will come
            self._unrecorded.discard(command.call)
            return
        try:
            if not command.ended:
                await self._stop_recording(command)
            done = await self._out.archive.publish(command.name, command.expected_ms)
        except OutsideError as exc:
            _log.error("recording lost", call=command.call, error=str(exc))
            self._failed("FinishRecording")
            self._tell(RecordingFailed, call=command.call, name=command.name, reason=str(exc))
            return
        if done.note:
            _log.warning("recording short", call=command.call, note=done.note)
        self._tell(
            RecordingPublished,
            call=command.call,
            name=command.name,
            path=done.path,
            duration_ms=done.duration_ms,
            sha256=done.sha256,
            ended_at=done.ended_at,
        )

    async def _stop_recording(self, command: FinishRecording) -> None:
        try:
            await self._out.recorder.stop_recording(command.call)
        except SwitchError as exc:  # it has ended with its channel, or will
            _log.debug("recording not stopped", call=command.call, error=str(exc))

    async def _write(self, command: WriteCdr) -> None:
        """Until it is written: the row is all that remains of the call."""
        self._unrecorded.discard(command.call)
        self._vault.forget(command.call)
        await self._row_stored(command, lambda: self._out.store.write(command.cdr, command.why))
        self._tell(CdrWritten, call=command.call, revision=command.revision)

    async def _row_stored(self, command: Command, write: Callable[[], Awaitable[None]]) -> None:
        """While rows are refused one of them asks, for all: the others would only be refused, too."""
        while True:
            await self._rows_taken.wait()
            try:
                return await write()
            except StoreError as exc:
                if not self._rows_taken.is_set():
                    continue
                self._rows_taken.clear()
                try:
                    return await self._again_until_stored(command, write, exc)
                finally:
                    self._rows_taken.set()

    async def _until_stored(self, command: Command, write: Callable[[], Awaitable[T]]) -> T:
        try:
            return await write()
        except StoreError as exc:
            return await self._again_until_stored(command, write, exc)

    async def _again_until_stored(self, command: Command, write: Callable[[], Awaitable[T]], why: StoreError) -> T:
        name = type(command).__name__
        what = {"WriteCdr": "CDR", "StoreCallback": "callback", "CloseCallback": "callback"}.get(name, "message")
        for wait_s in chain(STORE_BACKOFF_S, repeat(STORE_BACKOFF_S[-1])):
            self._failed(name)
            _log.error(f"{what} not written, will try again", call=command.call, error=str(why), wait_s=wait_s)
            await asyncio.sleep(wait_s)
            try:
                return await write()
            except StoreError as exc:
                why = exc
        raise AssertionError("repeats for ever")

    async def _deliver(self, command: DeliverMessage) -> None:
        about = {"call": command.call, "message": command.message}
        try:
            path, duration_ms = await letters.deliver(
                command,
                self._out.messages,
                self._out.mailboxes,
                lambda write: self._until_stored(command, write),
                self._out.letters,
                lambda: self.again.refused(DropMessage(**about)),
            )
        except OutsideError as exc:
            self._failed("DeliverMessage")
            _log.error("message not delivered", call=command.call, box=command.box, error=str(exc))
            self._tell(MessageFailed, **about, reason=str(exc))
            return
        self._tell(MessageDelivered, **about, path=path, duration_ms=duration_ms)

    async def _keep_callback(self, command: StoreCallback) -> None:
        """Until it is kept: the caller was promised a call."""
        wish = command.wish
        open_now = await self._until_stored(command, lambda: self._out.callbacks.keep_callback(wish))
        self._tell(CallbackStored, call=wish.call, queue=wish.queue, open=open_now)

    async def _close_callback(self, command: CloseCallback) -> None:
        """Until it is noted: a request that stays open is dialled by somebody once more."""
        store, facts = self._out.callbacks, command
        open_now = await self._until_stored(
            command, lambda: store.close_callback(facts.queue, facts.number, facts.note, facts.at)
        )
        self._tell(CallbackClosed, promise=command.promise, queue=command.queue, open=open_now)

    def _refused(self, command: Command, exc: Exception) -> None:
        """What the core must know of a refusal, it hears as an event."""
        name, why = type(command).__name__, str(exc) or type(exc).__name__
        self._failed(name)
        _log.warning("order refused", call=command.call, order=name, error=why)
        unanswered = exc.status in _NOT_LOOKED if isinstance(exc, SwitchError) else not isinstance(exc, IvrdError)
        match command:
            case OfferCall():
                if unanswered:  # it may ring all the same
                    self.again.refused(HangUp(call=command.call, channel=command.leg))
                self._tell(OfferRefused, call=command.call, leg=command.leg, reason=why, asked=not unanswered)
            case PlayPrompt():
                if unanswered:  # it may be said all the same
                    self.again.refused(StopPrompt(call=command.call, prompt=command.prompt))
                self._tell(PromptFinished, call=command.call, prompt=command.prompt, failed=True)
            case AskOutside():
                self._tell(AskAnswered, call=command.call, ask_id=command.ask_id, outcome="failed")
            case PauseRecording():
                self._tell(RecordingPauseFailed, call=command.call, on=command.on, reason=why, again=command.again)
            case StartRecording():
                self._unrecorded.add(command.call)
                self._tell(RecordingFailed, call=command.call, name=command.name, reason=why)
            case FinishRecording():
                self._tell(RecordingFailed, call=command.call, name=command.name, reason=why)
            case DeliverMessage():
                self._tell(MessageFailed, call=command.call, message=command.message, reason=why)
            case AnswerCall() | OpenBridge() | JoinBridge() | ConnectCall() | StartMusic() | StopMusic():
                self._tell(OrderRefused, call=command.call, order=name)
            case _:
                self.again.refused(command)

    def _tell(self, kind: Any, **facts: Any) -> None:
        self._inbox(kind(at=self._clock.now(), **facts))


def _waits(command: Command) -> Iterator[float]:
    """What only the store keeps is tried again where it stands, so that no later row of the call is overtaken. A row for as long as it
    takes: nobody waits behind it. Wishes wait behind each other: one is left to the next start, for the state has it."""
    match command:
        case WriteCdr():
            return chain(STORE_BACKOFF_S, repeat(STORE_BACKOFF_S[-1]))
        case StoreCallback() | CloseCallback():
            return iter(STORE_BACKOFF_S)
    return iter(())
