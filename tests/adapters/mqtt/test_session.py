"""One connection, against a broker whose every byte the test decides."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
import pytest_asyncio

from ivrd.adapters.mqtt import packets, session
from ivrd.adapters.mqtt.packets import MqttError, Publication, Refused
from ivrd.adapters.mqtt.session import Session

HELLO = packets.connect("i", None, 10, Publication(topic="s", payload=b"off"))
WELCOME = b"\x20\x02\x00\x00"
ONE, TWO, THREE = (Publication(topic="t", payload=name) for name in (b"1", b"2", b"3"))


class Broker:
    """Says hello, or what else it is told to; the test reads and writes the rest."""

    def __init__(self) -> None:
        self.welcome = WELCOME
        self.port = 0
        self.here: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.get_running_loop().create_future()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(HELLO))
        writer.write(self.welcome)
        self.here.set_result((reader, writer))

    async def read(self, data: bytes) -> None:
        """Exactly that comes next."""
        reader, _ = await self.here
        assert await reader.readexactly(len(data)) == data

    async def say(self, data: bytes) -> None:
        _, writer = await self.here
        writer.write(data)

    async def hang_up(self) -> None:
        _, writer = await self.here
        writer.close()


@pytest_asyncio.fixture
async def broker() -> AsyncIterator[Broker]:
    made = Broker()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    if made.here.done():
        made.here.result()[1].close()
    listening.close()


class Seen:
    def __init__(self) -> None:
        self.told: list[Publication] = []
        self.lost = asyncio.Event()


async def connected(broker: Broker, seen: Seen, keepalive_s: int = 0) -> Session:
    return await Session.open("127.0.0.1", broker.port, None, HELLO, keepalive_s, seen.told.append, seen.lost.set)


async def outcome(asked: Awaitable[object]) -> object:
    """What it returns, or the error."""
    try:
        return await asked
    except MqttError as exc:
        return exc


@contextlib.asynccontextmanager
async def under_way(asked: Awaitable[object]) -> AsyncIterator[asyncio.Task[object]]:
    """Begun; at the end it is over."""
    async with asyncio.TaskGroup() as tasks:
        yield tasks.create_task(outcome(asked), name="asked")


async def test_a_batch_is_one_write_and_over_when_each_is_confirmed(broker: Broker) -> None:
    ours = await connected(broker, Seen())
    async with under_way(ours.publish([ONE, TWO])) as sent:
        await broker.read(packets.publish(ONE, 1) + packets.publish(TWO, 2))
        await broker.say(packets.puback(2))
        while ours.unconfirmed != (0,):  # noqa: ASYNC110 - a place of the batch, and no event for it
            await asyncio.sleep(0)
        assert not sent.done()
        await broker.say(packets.puback(77) + packets.puback(1))  # 77: of nothing of ours
    assert sent.result() is None
    assert ours.unconfirmed == ()
    await ours.close()
    await broker.read(packets.DISCONNECT)


async def test_what_was_not_confirmed_when_it_was_lost_is_known(broker: Broker) -> None:
    seen = Seen()
    ours = await connected(broker, seen)
    async with under_way(ours.publish([ONE, TWO, THREE])) as sent:
        await broker.read(b"".join(map(packets.publish, (ONE, TWO, THREE), itertools.count(1))))
        await broker.say(packets.puback(2))
        await broker.hang_up()
    assert "closed the connection" in str(sent.result())
    assert ours.unconfirmed == (0, 2)
    await seen.lost.wait()
    with pytest.raises(MqttError, match="closed the connection"):
        await ours.publish([ONE])
    assert ours.unconfirmed == (0,)
    await ours.close()


async def test_questions_have_their_answers(broker: Broker) -> None:
    ours = await connected(broker, Seen())
    for ask, packet, answer, granted in (
        (ours.subscribe, packets.subscribe, b"\x90\x03\x00\x01\x01", True),
        (ours.subscribe, packets.subscribe, b"\x90\x03\x00\x02\x80", False),
        (ours.unsubscribe, packets.unsubscribe, b"\xb0\x02\x00\x03", None),
    ):
        async with under_way(ask("a/+")) as asked:
            await broker.read(packet("a/+", answer[3]))
            await broker.say(answer)
        assert asked.result() == granted
    async with under_way(ours.subscribe("a/+")) as asked:
        await broker.hang_up()
    assert isinstance(asked.result(), MqttError)
    await ours.close()


async def test_an_answer_of_another_kind_is_none(broker: Broker) -> None:
    seen = Seen()
    ours = await connected(broker, seen)
    async with under_way(ours.publish([TWO])) as sent, under_way(ours.subscribe("a/+")) as asked:
        await broker.read(packets.publish(TWO, 1) + packets.subscribe("a/+", 2))
        await broker.say(packets.puback(2) + b"\x90\x03\x00\x01\x01")  # each with the other's number
        await broker.say(packets.publish(ONE, 300))
        await broker.read(packets.puback(300))
        assert (asked.done(), sent.done(), ours.unconfirmed) == (False, False, (0,))
        await broker.say(packets.puback(1) + b"\x90\x03\x00\x02\x01")
    assert (asked.result(), sent.result()) == (True, None)
    await ours.close()


async def test_what_comes_is_confirmed_and_passed_on(broker: Broker) -> None:
    seen = Seen()
    ours = await connected(broker, seen)
    await broker.say(packets.publish(ONE, 300))
    await broker.read(packets.puback(300))
    assert seen.told == [ONE]
    await ours.close()


async def test_a_refusal_is_one(broker: Broker) -> None:
    broker.welcome = b"\x20\x02\x00\x05"
    with pytest.raises(Refused, match="Not auth"):
        await connected(broker, Seen())


async def test_something_that_is_no_broker_is_said_so(broker: Broker) -> None:
    broker.welcome = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with pytest.raises(MqttError, match="is this a broker of MQTT"):
        await connected(broker, Seen())


async def test_nonsense_right_behind_the_welcome_is_said_so(broker: Broker) -> None:
    broker.welcome = WELCOME + b"\x00\x00"
    with pytest.raises(MqttError, match="kind 0"):
        await connected(broker, Seen(), keepalive_s=10)


async def test_nonsense_ends_the_connection(broker: Broker) -> None:
    seen = Seen()
    ours = await connected(broker, seen)
    await broker.say(b"\x00\x00")
    await seen.lost.wait()
    with pytest.raises(MqttError, match="kind 0"):
        ours.check()


async def test_a_broker_that_is_silent_is_given_up(broker: Broker) -> None:
    seen = Seen()
    ours = await connected(broker, seen)
    ours._keep_alive(0.02)
    await broker.read(packets.PING)
    await broker.say(b"\xd0\x00")
    await broker.read(packets.PING * 2)  # only the first was answered
    await seen.lost.wait()
    with pytest.raises(MqttError, match="no sign of it for"):
        ours.check()


async def test_a_broker_that_answers_is_kept(broker: Broker) -> None:
    ours = await connected(broker, Seen())
    ours._keep_alive(0.01)
    for _ in range(6):
        await broker.read(packets.PING)
        await broker.say(b"\xd0\x00")
    ours.check()
    await ours.close()


async def test_closing_does_not_wait_for_a_broker_that_reads_nothing(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSE_S", 0.05)
    seen = Seen()
    ours = await connected(broker, seen)
    ours._write(b"\x00" * 20_000_000)  # more than the kernel takes
    await ours.close()
    await seen.lost.wait()


async def test_a_closing_that_is_broken_off_has_ended_it_all_the_same(broker: Broker) -> None:
    seen = Seen()
    ours = await connected(broker, seen)
    ours._write(b"\x00" * 20_000_000)  # more than the kernel takes: closing waits
    async with asyncio.timeout(5):
        async with under_way(ours.close()) as closing:
            while ours._problem is None:  # noqa: ASYNC110 - until it is under way
                await asyncio.sleep(0)
            closing.cancel()
        await seen.lost.wait()
    assert closing.cancelled()


async def test_nobody_is_told_of_what_nobody_waits_for(broker: Broker) -> None:
    """A batch that was given up, and then the connection: asyncio would complain of its error when it forgets it."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    ours = await connected(broker, Seen())
    given_up = ours.publish([ONE])
    ours.abort()
    assert given_up.done()
    del given_up, ours
    gc.collect()
    assert complaints == []


async def test_numbers_begin_again_after_the_last(broker: Broker) -> None:
    ours = await connected(broker, Seen())
    ours._number = 65_534
    assert [ours._next_number() for _ in range(3)] == [65_535, 1, 2]
    await ours.close()
