"""Calls that ended while ivrd was away get their row: nobody who dialled the number is missing in the reports."""

from __future__ import annotations

import asyncio

import structlog

from ivrd.core.cdr import Cdr, Disposition
from ivrd.core.exchange import Exchange
from ivrd.errors import StoreError, SwitchError
from ivrd.ports import CallStore, Unseen, UnseenCalls

_log = structlog.get_logger(__name__)

#: rows come close upon each other, or each waits half a second for others to be written with (ADR 92): after an outage there may be hundreds
TOGETHER = 100


async def gather(calls: UnseenCalls, store: CallStore, exchange: Exchange) -> int:
    """Make rows of Asterisk's notes; how many. What cannot be done now is done at the next look.

    The note is forgotten only when the row is safe. A caller whom ivrd took over later, or had before the
    rescuer moved them, has a row of ivrd's own.
    """
    made = 0
    try:
        notes = await calls.unseen()
        for first in range(0, len(notes), TOGETHER):
            some = notes[first : first + TOGETHER]
            done = await asyncio.gather(*(_keep(note, calls, store, exchange) for note in some), return_exceptions=True)
            made += sum(one is True for one in done)
            for error in done:
                if isinstance(error, BaseException):
                    raise error
    except (SwitchError, StoreError) as exc:
        _log.debug("calls while away not gathered", error=str(exc))
    return made


async def _keep(note: Unseen, calls: UnseenCalls, store: CallStore, exchange: Exchange) -> bool:
    """Whether a row was made."""
    missing = note.call not in exchange.state.calls and not await store.has(note.call)
    if missing:
        await store.write(row(note))
        _log.info("call while away", call=note.call, caller_number=note.caller_number, did=note.did)
    await calls.forget_unseen(note.call)
    return missing


def row(note: Unseen) -> Cdr:
    """What is known: the fallback keeps no more. Never answered: the caller gave up while it rang."""
    return Cdr(
        call=note.call,
        did=note.did,
        caller_number=note.caller_number,
        caller_name="",
        language="",
        flow="",
        flow_version="",
        menu_path="",
        tags="",
        arrived_at=note.arrived_at,
        answered_at=note.answered_at,
        queued_at=None,
        agent_answered_at=None,
        ended_at=note.ended_at,
        queue="",
        skills="",
        agent="",
        offers=0,
        wait_ms=0,
        talk_ms=0,
        hold_ms=0,
        wrap_up_ms=0,
        hung_up_by="caller" if note.answered_at is None else "",
        disposition=Disposition.FALLBACK,
        cause=0,
        recording="",
        recording_ms=0,
        recording_sha256="",
        recording_note="",
    )
