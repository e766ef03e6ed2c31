"""Delivering a message that a caller left: fetched from Asterisk, written, kept in the store, announced."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable

import structlog

from ivrd.core.commands import DeliverMessage
from ivrd.errors import OutsideError, SwitchError
from ivrd.ports import Letter, LetterStore, Mailboxes, MessageRecorder

_log = structlog.get_logger(__name__)

#: Asterisk closes the file within milliseconds of the message's end; a busy disk within seconds
FETCH_BACKOFF_S = (0.05, 0.2, 0.5, 1.0, 2.0)
_WAV_HEADER_BYTES, _BYTES_PER_S = 44, 16000  # s16le, 8 kHz, mono


async def deliver(
    command: DeliverMessage,
    recorder: MessageRecorder,
    boxes: Mailboxes,
    until_stored: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]],
    store: LetterStore,
    drop_later: Callable[[], None],
) -> tuple[str, int]:
    """Path and length in ms. OutsideError when it cannot be. Twice is once. ``drop_later``: Asterisk keeps its file, in clear."""
    letter = Letter(
        message=command.message,
        call=command.call,
        box=command.box,
        number=command.number,
        language=command.language,
        left_at=command.left_at,
    )
    before = await asyncio.to_thread(boxes.find, letter)
    if before is None:
        audio = await _fetched(recorder, command.message)
        letter = dataclasses.replace(letter, duration_ms=_duration_ms(len(audio)))
        path = await boxes.deliver(letter, audio)
    else:
        path = before
        size = await asyncio.to_thread(boxes.size_bytes, letter)
        letter = dataclasses.replace(letter, duration_ms=_duration_ms(size))
    await until_stored(lambda: store.keep_letter(letter, path))
    if before is None:
        try:
            await boxes.announce(letter, path)
        except OutsideError as exc:  # the message is safe: who looks into the mailbox finds it
            _log.error("message not announced", call=command.call, box=letter.box, error=str(exc))
    try:
        await recorder.drop_message(command.message)
    except SwitchError as exc:
        _log.warning("message left at asterisk", call=command.call, error=str(exc))
        drop_later()
    return path, letter.duration_ms


async def _fetched(recorder: MessageRecorder, message: str) -> bytes:
    """The file, once Asterisk has closed it: it can be had before, and its header is written last."""
    audio = b""
    for wait_s in (*FETCH_BACKOFF_S, 0.0):
        with contextlib.suppress(SwitchError):
            audio = await recorder.fetch_message(message)
            said = int.from_bytes(audio[_WAV_HEADER_BYTES - 4 : _WAV_HEADER_BYTES], "little")
            if 0 < said <= len(audio) - _WAV_HEADER_BYTES:
                return audio[: _WAV_HEADER_BYTES + said]  # behind it is what Asterisk has cut off
        await asyncio.sleep(wait_s)
    return audio or await recorder.fetch_message(message)


def _duration_ms(size_bytes: int) -> int:
    return max(0, size_bytes - _WAV_HEADER_BYTES) * 1000 // _BYTES_PER_S
