"""The only place where commands become I/O. A command's outcome returns as an event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, assert_never

import structlog

from ivrd.core import ids
from ivrd.core.commands import (
    AnswerCall,
    AskOutside,
    CloseBridge,
    Command,
    ConnectCall,
    FinishRecording,
    HandOver,
    HangUp,
    OfferCall,
    OpenBridge,
    PlayPrompt,
    StartMusic,
    StartRecording,
    StopMusic,
    StopPrompt,
    WriteCdr,
)
from ivrd.core.events import (
    AskAnswered,
    CdrWritten,
    OfferRefused,
    PromptFinished,
    RecordingFailed,
    RecordingPublished,
    RecordingStarted,
)
from ivrd.core.ivr.orders import CheckSecret, FetchHttp
from ivrd.core.ivr.walk import Answer
from ivrd.core.speech import Text
from ivrd.daemon.vault import Vault
from ivrd.errors import OutsideError, PromptMissing, StoreError, SwitchError
from ivrd.ports import (
    CallStore,
    Clock,
    DataDip,
    Inbox,
    PromptLibrary,
    Recorder,
    RecordingArchive,
    Telephony,
)

_log = structlog.get_logger(__name__)

#: a row that cannot be written is tried again; it is safe in the journal meanwhile
STORE_BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)

ForShell = (
    AnswerCall | PlayPrompt | StopPrompt | StartMusic | StopMusic | OpenBridge | CloseBridge
    | OfferCall | ConnectCall | HangUp | HandOver | StartRecording | FinishRecording | WriteCdr
    | AskOutside
)  # fmt: skip


@dataclass(kw_only=True)
class Outside:
    """The outside world, as ports."""

    telephony: Telephony
    recorder: Recorder
    archive: RecordingArchive
    prompts: PromptLibrary
    store: CallStore
    dip: DataDip


class Executor:
    """Carries commands out. ``failed`` is told of each refusal, for the metrics."""

    def __init__(
        self,
        outside: Outside,
        inbox: Inbox,
        clock: Clock,
        failed: Callable[[str], None],
        vault: Vault | None = None,
    ) -> None:
        self._vault = vault or Vault()
        self._out = outside
        self._inbox = inbox
        self._clock = clock
        self._failed = failed
        self._unrecorded: set[str] = set()  # calls that hung up before their recording began

    async def __call__(self, command: Command) -> None:
        """Carry one command out; what goes wrong becomes an event or a line in the log."""
        try:
            await self._execute(command)  # type: ignore[arg-type]  # publications do not come here
        except (SwitchError, PromptMissing) as exc:
            self._refused(command, exc)

    async def _execute(self, command: ForShell) -> None:
        phone = self._out.telephony
        match command:
            case AnswerCall():
                await phone.answer(command.call)
            case PlayPrompt():
                for item in command.speech:
                    if isinstance(item, Text):  # this call waits for it, no other does
                        await self._out.prompts.prepare(item.text, command.language)
                media = self._out.prompts.render(command.speech, command.language)
                await phone.play(command.call, command.prompt, media)
            case StopPrompt():
                await phone.stop_prompt(command.prompt)
            case StartMusic():
                await phone.start_music(command.call)
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
                    command.ring_timeout_s,
                )
            case ConnectCall():
                await phone.connect(ids.bridge(command.call), (command.leg, command.call))
            case HangUp():
                await phone.hang_up(command.channel, command.cause)
            case HandOver():
                await phone.hand_over(command.call)
            case StartRecording():
                await self._start_recording(command)
            case AskOutside():
                await self._ask(command)
            case FinishRecording():
                await self._finish_recording(command)
            case WriteCdr():
                await self._write(command)
            case _:
                assert_never(command)

    async def _ask(self, command: AskOutside) -> None:
        match command.order:
            case FetchHttp() as order:
                revealed = self._vault.reveal(command.call, order)
                answer = await self._out.dip.fetch(revealed) if revealed else Answer(outcome="lost")
            case CheckSecret() as order:
                answer = self._vault.check(command.call, order)
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
        raw = self._out.archive.raw_path(command.name)
        await self._out.recorder.start_recording(command.call, raw)
        self._tell(RecordingStarted, call=command.call)

    async def _finish_recording(self, command: FinishRecording) -> None:
        if command.call in self._unrecorded:  # told when the start was refused: no file will come
            self._unrecorded.discard(command.call)
            return
        try:
            try:
                await self._out.recorder.stop_recording(command.call)
            except SwitchError as exc:  # it has ended with its channel, or will
                _log.debug("recording not stopped", call=command.call, error=str(exc))
            done = await self._out.archive.publish(command.name, command.expected_ms)
        except OutsideError as exc:
            _log.error("recording lost", call=command.call, error=str(exc))
            self._failed("FinishRecording")
            self._tell(RecordingFailed, call=command.call, reason=str(exc))
            return
        if done.note:
            _log.warning("recording short", call=command.call, note=done.note)
        self._tell(
            RecordingPublished,
            call=command.call,
            path=done.path,
            duration_ms=done.duration_ms,
            sha256=done.sha256,
        )

    async def _write(self, command: WriteCdr) -> None:
        """Until it is written: the row is all that remains of the call."""
        self._unrecorded.discard(command.call)
        self._vault.forget(command.call)
        attempt = 0
        while True:
            try:
                await self._out.store.write(command.cdr)
                break
            except StoreError as exc:
                self._failed("WriteCdr")
                wait_s = STORE_BACKOFF_S[min(attempt, len(STORE_BACKOFF_S) - 1)]
                _log.error("CDR not written, will try again", call=command.call, error=str(exc), wait_s=wait_s)
                attempt += 1
                await asyncio.sleep(wait_s)
        self._tell(CdrWritten, call=command.call, revision=command.revision)

    def _refused(self, command: Command, exc: Exception) -> None:
        """What the core must know of a refusal, it hears as an event."""
        name = type(command).__name__
        self._failed(name)
        _log.warning("order refused", call=command.call, order=name, error=str(exc))
        match command:
            case OfferCall():
                self._tell(OfferRefused, call=command.call, leg=command.leg, reason=str(exc))
            case PlayPrompt():
                self._tell(PromptFinished, call=command.call, prompt=command.prompt, failed=True)
            case StartRecording():
                self._unrecorded.add(command.call)
                self._tell(RecordingFailed, call=command.call, reason=str(exc))
            case _:
                pass  # a channel that is gone says so itself; a bridge is closed at the next survey

    def _tell(self, kind: Any, **facts: Any) -> None:
        self._inbox(kind(at=self._clock.now(), **facts))
