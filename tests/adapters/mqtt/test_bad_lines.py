"""The publisher on a real mosquitto behind a line that is cut, slow, or goes one way only: what walls see then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import structlog

from ivrd.adapters.mqtt import client, packets, patience, payloads, sweep, topics
from ivrd.adapters.mqtt.packets import Publication
from ivrd.adapters.mqtt.session import Session
from tests.adapters.mqtt.test_client import (
    PREFIX,
    QUEUE,
    publisher,
    running,
    show_agent,
    show_queue,
    wall,
)
from tests.adapters.mqtt.test_strangers import Noting

#: CONNACK, PINGRESP and two SUBACK: all that is answered before the first publications
LET_IN_BYTES = 4 + 2 + 5 + 5


class Line:
    """Passes on what ivrd and the broker say, as the test wants it; and that one of them has ended it."""

    def __init__(self, broker_port: int) -> None:
        self.port = 0
        self.said = b""  #: by ivrd
        self.answered = 0  #: bytes of the broker's that were passed on
        self.connections = 0
        self.answers_max: int | None = None  #: so many bytes of the broker's are passed on
        self.a_piece_each_s = 0.0  #: 0: at once
        self.alter: Callable[[bytes], bytes] = lambda data: data  #: what the broker says
        self.passed = asyncio.Event()
        self._broker_port = broker_port
        self._deaf = 0
        self._open: list[asyncio.Task[None]] = []

    def deafen(self) -> None:
        """Nothing of what ivrd says on the connections that there are now arrives."""
        self._deaf = self.connections

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until what was passed on is as wanted."""
        async with asyncio.timeout(10):
            while not seen():
                self.passed.clear()
                await self.passed.wait()

    async def serve(self, ours: asyncio.StreamReader, to_us: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.append(task)
        self.connections += 1
        theirs, to_them = await asyncio.open_connection("127.0.0.1", self._broker_port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._to_broker(ours, to_them, self.connections), name="to the broker")
            tasks.create_task(self._from_broker(theirs, to_us), name="from the broker")

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            await asyncio.gather(*self._open)

    async def _to_broker(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.said += data
                if number > self._deaf:
                    writer.write(data)
                self.passed.set()
        writer.close()

    async def _from_broker(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4 if self.a_piece_each_s else 65536):
                if self.a_piece_each_s:
                    await asyncio.sleep(self.a_piece_each_s)
                if self.answers_max is not None:
                    data = data[: max(0, self.answers_max - self.answered)]
                self.answered += len(data)
                writer.write(self.alter(data))
                self.passed.set()
        writer.close()


@pytest_asyncio.fixture
async def line(broker: Any) -> AsyncIterator[Line]:
    made = Line(broker.port)
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    await made.ended()


async def test_a_good_bye_is_said_when_walls_know(broker, contract, line: Line) -> None:
    async with wall(broker.port, contract) as reader:
        async with running(publisher(line.port)):
            await reader.until(topics.status(), state="online")
        await reader.until(topics.status(), state="offline")
        await line.until(lambda: line.said.endswith(packets.DISCONNECT))


async def test_stopped_before_anything_was_confirmed_the_broker_says_offline_for_us(broker, contract, line: Line, monkeypatch) -> None:
    monkeypatch.setattr(patience, "REQUEST_TIMEOUT_S", 2.0)
    line.answers_max = LET_IN_BYTES
    async with wall(broker.port, contract) as reader:
        async with running(publisher(line.port)):
            await reader.until(topics.status(), state="online")
        await reader.until(topics.status(), state="offline")


async def test_cancelled_with_more_to_send_than_there_is_time_for_the_broker_says_offline_for_us(
    broker, contract, line: Line, monkeypatch
) -> None:
    monkeypatch.setattr(client, "FLUSH_S", 0.2)
    monkeypatch.setattr(client, "BATCH", 1)
    noting, mqtt = Noting(monkeypatch), publisher(line.port)
    async with wall(broker.port, contract) as reader, asyncio.TaskGroup() as tasks:
        task = tasks.create_task(mqtt.run(), name="mqtt")
        await noting.no_more.wait()
        await mqtt.wait_connected(10)
        line.answers_max = line.answered
        show_queue(mqtt, 1)
        await reader.until(QUEUE, waiting=1)  # it arrived, and is never confirmed
        show_agent(mqtt, "ready")
        task.cancel()
        await reader.until(topics.status(), state="offline")


async def test_a_link_that_is_slow_but_goes_on_is_kept(broker, line: Line, monkeypatch) -> None:
    noting = Noting(monkeypatch)
    monkeypatch.setattr(patience, "REQUEST_TIMEOUT_S", 1.0)
    async with running(publisher(line.port)) as mqtt:
        await mqtt.wait_connected(10)
        await noting.no_more.wait()
        before, connections = line.answered, line.connections
        line.a_piece_each_s = 0.3
        for number in range(6):  # 1.8 s for all, in one batch
            mqtt.state(f"queue/{number}/state", {})
        await line.until(lambda: line.answered >= before + 6 * 4)
        assert (line.connections, mqtt.problem()) == (connections, None)
        line.a_piece_each_s = 0.0


async def test_a_slow_link_does_not_keep_us_from_ending(broker, contract, line: Line, monkeypatch) -> None:
    noting = Noting(monkeypatch)
    monkeypatch.setattr(patience, "REQUEST_TIMEOUT_S", 0.4)
    async with wall(broker.port, contract) as reader:
        async with running(publisher(line.port)) as mqtt:
            await mqtt.wait_connected(10)
            await noting.no_more.wait()
            before = line.answered
            line.a_piece_each_s = 0.2
            for number in range(100):
                mqtt.state(f"queue/{number}/state", {})
            await line.until(lambda: line.answered > before)
            mqtt.stop()
        assert line.answered < before + 50 * 4  # ended long before the last
        line.a_piece_each_s = 0.0
        async for message in reader._client.messages:  # the states above keep no contract
            if message.topic.value.endswith("/status") and b"offline" in message.payload:
                break


async def test_what_is_to_be_cleared_is_so_although_the_line_was_cut_meanwhile(broker, contract, line: Line, monkeypatch) -> None:
    noting = Noting(monkeypatch)
    monkeypatch.setattr(patience, "REQUEST_TIMEOUT_S", 0.5)
    alert = topics.alert("old")  # no look at the retained states of queues and agents finds it again
    async with wall(broker.port, contract) as reader, running(publisher(line.port)) as mqtt:
        mqtt.settled()
        mqtt.state(alert, payloads.alert("old", 1764032523.5, None, ()))
        await reader.until(alert, raised=False)
        await noting.no_more.wait()
        connections = line.connections
        line.deafen()
        mqtt.forget(alert)
        assert (await reader.next(alert))[0] == {}
    assert line.connections == connections + 1


async def test_states_are_cleared_in_batches(broker, monkeypatch) -> None:
    batches: list[int] = []
    cleared: list[str] = []
    publish = Session.publish

    def noted(session: Session, publications: list[Publication]) -> Any:
        gone = [p.topic.removeprefix(f"{PREFIX}/") for p in publications if not p.payload]
        batches.append(len(gone))
        cleared.extend(gone)
        return publish(session, publications)

    monkeypatch.setattr(client, "BATCH", 10)
    monkeypatch.setattr(Session, "publish", noted)
    names = [topics.queue_state(str(number)) for number in range(25)]
    async with running(publisher(broker.port)) as mqtt:
        for name in names:
            mqtt.forget(name)
        mqtt.settled()
        mqtt.state(names[0], {})  # it is ours again
        await mqtt.wait_connected(10)
    assert sorted(cleared) == sorted(names[1:])
    assert [size for size in batches if size] == [10, 10, 4]


def _may_only_write(broker: Any) -> None:
    (broker.directory / "acl").write_text("user ivrd\ntopic write ivrd/#\n")
    broker.stop()
    broker.start()


@pytest.mark.parametrize("refused", [1, 2])
async def test_a_subscription_that_is_refused_ends_the_look_at_what_is_retained(broker, line: Line, monkeypatch, refused: int) -> None:
    _may_only_write(broker)  # mosquitto says yes all the same
    granted = b"\x90\x03" + refused.to_bytes(2, "big") + b"\x01"
    line.alter = lambda data: data.replace(granted, granted[:-1] + b"\x80")
    noting = Noting(monkeypatch)
    with structlog.testing.capture_logs() as lines:
        async with running(publisher(line.port)):
            async with asyncio.timeout(10):
                await noting.no_more.wait()
    (warned,) = [entry for entry in lines if entry["log_level"] == "warning"]
    assert (warned["topic"], "does not let us read" in warned["event"]) == (("+/+/state", "status")[refused - 1], True)


async def test_a_broker_that_lets_us_subscribe_and_then_tells_nothing_is_not_listened_to_for_ever(broker, monkeypatch) -> None:
    _may_only_write(broker)
    monkeypatch.setattr(sweep, "WITHIN_S", 0.0)
    noting = Noting(monkeypatch)
    with structlog.testing.capture_logs() as lines:
        async with running(publisher(broker.port)) as mqtt:
            await mqtt.wait_connected(10)
            show_queue(mqtt, 1)
            async with asyncio.timeout(10):
                await noting.no_more.wait()
    (warned,) = [entry for entry in lines if entry["log_level"] == "warning"]
    assert (warned["topic"], "does not let us read" in warned["event"]) == ("status", True)
