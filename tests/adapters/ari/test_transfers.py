"""A channel is not hung up while Asterisk tells a phone how its transfer went."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ivrd.adapters.ari.transfers import Transfers

pytestmark = pytest.mark.asyncio
LEG, OTHER = "1764.1.agent-101.1", "1764.7"


def frame(state: str = "", other: str = OTHER) -> dict[str, Any]:
    wanted = {"destination_channel": {"id": other}} if other else {"requested_destination": {"destination": "102"}}
    how = {"state": state} if state else {}
    return {"type": "ChannelTransfer", "refer_to": wanted, "referred_by": {"source_channel": {"id": LEG}}, **how}


async def turns() -> None:
    """Whoever could go on has done so."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("state", ["channel_answered", "channel_declined", "channel_unavailable"])
async def test_both_calls_of_the_phone_wait_for_the_word_that_it_was_told(state: str) -> None:
    transfers = Transfers(told_within_s=60)
    transfers.heard(frame())
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(transfers.through(channel)) for channel in (LEG, OTHER)]
        await turns()
        transfers.heard(frame("channel_progress"))
        await turns()
        assert not any(task.done() for task in waiting)
        transfers.heard(frame(state))
    async with asyncio.timeout(5):
        await transfers.through(OTHER)


async def test_nobody_else_waits() -> None:
    transfers = Transfers(told_within_s=60)
    transfers.heard(frame(other=""))
    async with asyncio.timeout(5):
        await transfers.through(OTHER)
        await transfers.through("")


async def test_a_phone_that_is_never_told_holds_nothing_up() -> None:
    transfers = Transfers(told_within_s=0)
    transfers.heard(frame())
    async with asyncio.timeout(5):
        await transfers.through(OTHER)


async def test_who_is_gone_is_waited_for_no_longer() -> None:
    transfers = Transfers(told_within_s=60)
    transfers.heard(frame())
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(transfers.through(OTHER))
        await turns()
        assert not waiting.done()
        transfers.heard({"type": "ChannelDestroyed", "channel": {"id": OTHER}})


async def test_nobody_waits_for_what_a_lost_connection_will_not_say() -> None:
    transfers = Transfers(told_within_s=60)
    transfers.heard(frame())
    transfers.lost()
    async with asyncio.timeout(5):
        await transfers.through(LEG)
        await transfers.through(OTHER)
