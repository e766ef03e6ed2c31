"""Lamps: the latest wins, nothing is told twice, everything is told again after a reconnect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
import structlog

from ivrd.core.commands import PublishAgent, PublishQueue
from ivrd.core.views import AgentView, QueueView
from ivrd.daemon.lamps import AT_ONCE, LampBoard
from ivrd.errors import SwitchError


class Keys:
    """Asterisk, as far as lamps go."""

    def __init__(self) -> None:
        self.connected, self.connections = asyncio.Event(), 0
        self.told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.fails: list[int] = []  #: statuses of the next orders
        self.fails_of: dict[str, list[int]] = {}  #: of the next ones of a lamp
        self.reason = "no"
        self.writes: list[dict[str, str]] = []

    async def set_lamps(self, lamps: Mapping[str, str]) -> dict[str, SwitchError]:
        self.writes.append(dict(lamps))
        failed: dict[str, SwitchError] = {}
        for name, state in lamps.items():
            if fails := self.fails or self.fails_of.get(name):
                failed[name] = SwitchError("Setvar", fails.pop(0), self.reason)
            else:
                self.told.put_nowait((name, state))
        return failed

    def connect(self) -> None:
        self.connections += 1
        self.connected.set()


@pytest.fixture
async def both() -> AsyncIterator[tuple[LampBoard, Keys]]:
    keys = Keys()
    board = LampBoard(keys)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(board.run())
        yield board, keys
        task.cancel()


def agent(board: LampBoard, presence: str, name: str = "101") -> None:
    board.publish(PublishAgent(view=AgentView(agent=name, name="", extension=name, presence=presence, since=0)), 0)


async def test_the_latest_is_shown_when_asterisk_is_there(both: tuple[LampBoard, Keys]) -> None:
    board, keys = both
    agent(board, "ready")
    agent(board, "talking")
    keys.connect()
    assert await keys.told.get() == ("agent-101", "INUSE")
    agent(board, "talking")
    board.publish(PublishQueue(view=QueueView(queue="umum", title="", waiting=1)), 0)
    assert await keys.told.get() == ("queue-umum", "RINGING")


async def test_a_new_connection_is_told_everything(both: tuple[LampBoard, Keys]) -> None:
    board, keys = both
    keys.connect()
    agent(board, "ready", "101")
    agent(board, "paused", "102")
    assert {await keys.told.get(), await keys.told.get()} == {("agent-101", "NOT_INUSE"), ("agent-102", "BUSY")}
    keys.connect()
    agent(board, "ready", "102")
    assert {await keys.told.get(), await keys.told.get()} == {("agent-101", "NOT_INUSE"), ("agent-102", "NOT_INUSE")}


async def test_an_order_that_was_lost_is_given_again_and_one_that_was_refused_is_not(
    both: tuple[LampBoard, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivrd.daemon.lamps.AGAIN_S", 0)
    board, keys = both
    keys.fails_of = {"agent-odd": [0, 400]}
    keys.connect()
    agent(board, "ready", "odd")
    agent(board, "ready", "101")
    assert await keys.told.get() == ("agent-101", "NOT_INUSE")
    while keys.fails_of["agent-odd"]:  # noqa: ASYNC110 - it is given again
        await asyncio.sleep(0)
    agent(board, "paused", "odd")
    agent(board, "paused", "101")
    assert await keys.told.get() == ("agent-101", "BUSY")
    assert keys.writes[1:] == [{"agent-odd": "NOT_INUSE"}, {"agent-101": "BUSY"}]


async def test_an_asterisk_that_ends_refuses_nothing_for_good_and_no_line_is_written(
    both: tuple[LampBoard, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivrd.daemon.lamps.AGAIN_S", 0)
    board, keys = both
    keys.fails, keys.reason = [400] * 3, "Asterisk is shutting down"
    with structlog.testing.capture_logs() as said:
        keys.connect()
        agent(board, "ready", "101")
        assert await keys.told.get() == ("agent-101", "NOT_INUSE")
    assert said == []


async def test_a_lamp_that_was_refused_is_tried_on_the_next_connection_and_many_are_one_line(
    both: tuple[LampBoard, Keys],
) -> None:
    board, keys = both
    keys.fails = [400, 400]
    agent(board, "ready", "101")
    agent(board, "ready", "102")
    agent(board, "ready", "103")
    with structlog.testing.capture_logs() as said:
        keys.connect()
        assert await keys.told.get() == ("agent-103", "NOT_INUSE")
        keys.connect()
        agent(board, "paused", "103")
        assert {(await keys.told.get())[0] for _ in range(3)} == {"agent-101", "agent-102", "agent-103"}
    assert [(line["event"], line["lamps"]) for line in said] == [("lamps refused", ["agent-101", "agent-102"])]


async def test_changes_of_one_moment_go_together_and_what_was_overtaken_is_never_told(both: tuple[LampBoard, Keys]) -> None:
    board, keys = both
    keys.connect()
    agent(board, "ready", "101")
    assert await keys.told.get() == ("agent-101", "NOT_INUSE")
    agent(board, "offered", "101")
    agent(board, "ready", "102")
    agent(board, "talking", "101")
    agent(board, "paused", "103")
    agent(board, "ready", "103")
    for _ in range(3):
        await keys.told.get()
    agent(board, "wrap_up", "101")
    agent(board, "talking", "101")  # as it is shown
    agent(board, "talking", "102")
    await keys.told.get()
    assert keys.writes[1:] == [
        {"agent-101": "INUSE", "agent-102": "NOT_INUSE", "agent-103": "NOT_INUSE"},
        {"agent-102": "INUSE"},
    ]


async def test_many_go_in_several_writes(both: tuple[LampBoard, Keys]) -> None:
    board, keys = both
    for number in range(2 * AT_ONCE + 1):
        agent(board, "ready", str(number))
    keys.connect()
    shown = {(await keys.told.get())[0] for _ in range(2 * AT_ONCE + 1)}
    assert len(shown) == 2 * AT_ONCE + 1
    assert [len(write) for write in keys.writes] == [AT_ONCE, AT_ONCE, 1]


async def test_only_what_was_lost_is_told_again_and_as_it_is_wanted_by_then(
    both: tuple[LampBoard, Keys], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivrd.daemon.lamps.AGAIN_S", 0)
    board, keys = both
    keys.fails = [0]
    agent(board, "ready", "101")
    agent(board, "ready", "102")
    keys.connect()
    assert await keys.told.get() == ("agent-102", "NOT_INUSE")
    agent(board, "talking", "101")
    assert await keys.told.get() == ("agent-101", "INUSE")
    assert keys.writes[1:] == [{"agent-101": "INUSE"}]
