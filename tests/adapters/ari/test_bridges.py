"""One order at a time makes a bridge; what an offer has made need not be made again."""

from __future__ import annotations

import asyncio

from ivrd.adapters.ari.bridges import Bridges


async def test_who_comes_second_waits_for_the_first() -> None:
    bridges = Bridges()
    async with asyncio.TaskGroup() as tasks:
        with bridges.making("b"):
            second = tasks.create_task(bridges.settled("b"))
            await asyncio.sleep(0)
            assert not second.done()


async def test_another_bridge_is_not_waited_for() -> None:
    bridges = Bridges()
    with bridges.making("b"):
        await bridges.settled("another")


async def test_what_was_made_is_claimed_once() -> None:
    bridges = Bridges()
    with bridges.making("b") as order:
        order.made = True
    assert bridges.claim("b")
    assert not bridges.claim("b")


async def test_what_was_refused_or_is_gone_cannot_be_claimed() -> None:
    bridges = Bridges()
    with bridges.making("b"):
        pass
    assert not bridges.claim("b")
    with bridges.making("b") as order:
        order.made = True
    bridges.forget("b")
    assert not bridges.claim("b")
