"""Channels that Asterisk never told of, or whose end it never told: found by looking, twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from outages import LEG, channel, talking
from playbook import Playbook

from ivrd.core.events import CallerHungUp, DrainAsked, SwitchLost, SwitchSeen
from ivrd.daemon import audit
from ivrd.daemon.audit import Audit, differences
from ivrd.errors import SwitchError


def held(*channels: str) -> SwitchSeen:
    return SwitchSeen(at=0.0, channels=tuple(channel(name) for name in channels))


def test_who_is_gone_and_who_is_strange_are_differences() -> None:
    state = talking().exchange.state
    assert differences(state, held("c1", LEG)) == set()
    assert differences(state, held(LEG)) == {"c1"}
    assert differences(state, held("c1")) == {LEG}
    assert differences(state, held("c1", LEG, "c2", "c9.agent-101.1")) == {"c2"}


def test_a_phone_that_was_answered_is_one_while_it_rings_for_us() -> None:
    book = Playbook()
    book.log_in()
    book.arrive()
    for state, found in (("Ringing", set()), ("Up", {LEG})):
        seen = SwitchSeen(at=0.0, channels=(channel("c1"), channel(LEG, state)))
        assert differences(book.exchange.state, seen) == found
    book.agent_answers()
    assert differences(book.exchange.state, held("c1", LEG)) == set()


def test_what_has_a_deadline_or_is_on_its_way_is_none() -> None:
    book = Playbook()
    book.log_in()
    book.arrive()  # the phone rings, or is about to
    assert differences(book.exchange.state, held("c1")) == set()
    book.tell(CallerHungUp, call="c1")
    assert differences(book.exchange.state, held()) == set()
    book.tell(DrainAsked)
    assert differences(book.exchange.state, held("c2")) == set()  # on its way to the fallback


class Asterisk:
    """What it holds at each look; so often it was told of anew."""

    def __init__(self, *looks: SwitchSeen | None) -> None:
        self.book, self.looks, self.told = talking(), list(looks), 0
        self.seen_all = asyncio.Event()

    async def look(self) -> SwitchSeen:
        seen = self.looks.pop(0) if self.looks else None
        if not self.looks:
            self.seen_all.set()
        if seen is None:
            raise SwitchError("GET channels", 0, "")
        return seen

    async def tell_anew(self) -> None:
        self.told += 1


@asynccontextmanager
async def looking(asterisk: Asterisk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(audit, "EVERY_S", 0)
    monkeypatch.setattr(audit, "AGAIN_S", 0)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Audit(lambda: asterisk.book.exchange.state, asterisk.look, asterisk.tell_anew).run())
        async with asyncio.timeout(5):
            await asterisk.seen_all.wait()
        await asyncio.sleep(0)
        yield
        task.cancel()


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ((held(LEG), held(LEG)), 1),
        ((held(LEG), held("c1", LEG)), 0),  # it was on its way
        ((held(LEG), held("c1")), 0),  # another one
        ((held("c1", LEG),) * 3, 0),
        ((None, held(LEG), held(LEG)), 1),
        ((held(LEG), None), 0),
    ],
)
async def test_only_what_lasts_is_told(
    monkeypatch: pytest.MonkeyPatch, looks: tuple[SwitchSeen | None, ...], told: int
) -> None:
    asterisk = Asterisk(*looks)
    async with looking(asterisk, monkeypatch):
        assert asterisk.told == told


async def test_without_a_connection_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = Asterisk(held(LEG))
    asterisk.book.tell(SwitchLost)
    monkeypatch.setattr(audit, "EVERY_S", 0)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Audit(lambda: asterisk.book.exchange.state, asterisk.look, asterisk.tell_anew).run())
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
    assert len(asterisk.looks) == 1
