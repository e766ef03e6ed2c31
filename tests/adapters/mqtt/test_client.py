"""The publisher on a real mosquitto: retained, announced again, last will, wrong password."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from ivrd.adapters.mqtt import MqttPublisher, patience, payloads, topics
from ivrd.adapters.mqtt.client import MATTER
from ivrd.core.commands import PublishEvent
from ivrd.core.views import AgentView, QueueView
from ivrd.daemon.clock import SystemClock
from ivrd.errors import BrokerError
from ivrd.settings.site import Mqtt
from rig import certificates

PREFIX = "ivrd/169/v1"
QUEUE = topics.queue_state("kartu")
AGENT = topics.agent_state("101")


class FixedClock:
    def now(self) -> float:
        return 1764032523.5


def publisher(port: int, password: str = "test-ivrd", **options: Any) -> MqttPublisher:
    settings = Mqtt(host="127.0.0.1", port=port)
    return MqttPublisher(settings, "169", password, "boot-1", FixedClock(), **options)


@contextlib.asynccontextmanager
async def running(mqtt: MqttPublisher) -> AsyncIterator[MqttPublisher]:
    """``mqtt`` with its task; stopped cleanly at the end."""
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(mqtt.run())
        yield mqtt
        mqtt.stop()


class Wall:
    """A reader with a wall's rights."""

    def __init__(self, client: aiomqtt.Client, contract: Any) -> None:
        self._client, self._contract = client, contract

    async def next(self, topic: str) -> tuple[dict[str, Any], bool]:
        """The next message on ``topic``, and whether it was retained. All keep the contract."""
        async for message in self._client.messages:
            payload = json.loads(message.payload) if message.payload else {}
            if payload:
                self._contract.check(message.topic.value, payload)
            if message.topic.value == f"{PREFIX}/{topic}":
                return payload, message.retain
        raise AssertionError("unreachable")

    async def until(self, topic: str, **fields: Any) -> dict[str, Any]:
        """The first message on ``topic`` with these values."""
        while True:
            payload, _ = await self.next(topic)
            if all(payload.get(k) == v for k, v in fields.items()):
                return payload


@contextlib.asynccontextmanager
async def wall(port: int, contract: Any) -> AsyncIterator[Wall]:
    async with (
        asyncio.timeout(20),
        aiomqtt.Client("127.0.0.1", port, username="wall", password="test-wall") as client,
    ):
        await client.subscribe(f"{PREFIX}/#", qos=1)
        yield Wall(client, contract)


def show_queue(mqtt: MqttPublisher, waiting: int) -> None:
    view = QueueView(queue="kartu", title="Kartu", waiting=waiting, agents={"ready": 2})
    mqtt.state(QUEUE, payloads.queue(view, 1764032523.5))


def show_agent(mqtt: MqttPublisher, presence: str) -> None:
    view = AgentView(agent="101", name="Sari", extension="101", presence=presence, since=1.0)
    mqtt.state(AGENT, payloads.agent(view, 1764032523.5))


async def test_a_wall_that_comes_later_gets_the_present_state(broker, contract) -> None:
    async with running(publisher(broker.port)) as mqtt:
        show_queue(mqtt, 1)
        async with wall(broker.port, contract) as first:
            await first.until(QUEUE, waiting=1)
            show_queue(mqtt, 2)
            await first.until(QUEUE, waiting=2)
        async with wall(broker.port, contract) as later:
            payload, retained = await later.next(QUEUE)
    assert retained
    assert payload["waiting"] == 2
    assert payload["boot"] == "boot-1"
    assert payload["at"] == "2025-11-25T01:02:03.500Z"


async def test_seq_grows_per_topic(broker, contract) -> None:
    async with wall(broker.port, contract) as reader, running(publisher(broker.port)) as mqtt:
        show_agent(mqtt, "ready")
        one = await reader.until(AGENT, presence="ready")
        show_queue(mqtt, 1)
        show_agent(mqtt, "paused")
        two = await reader.until(AGENT, presence="paused")
    assert (one["seq"], two["seq"]) == (1, 2)


async def test_events_are_sent_and_not_retained(broker, contract) -> None:
    happened = PublishEvent(call="1.1", kind="call_queued", at=5.0, facts={"queue": "kartu"})
    topic = topics.event("call_queued")
    async with running(publisher(broker.port)) as mqtt:
        async with wall(broker.port, contract) as reader:
            mqtt.event(topic, payloads.event(happened))
            payload, retained = await reader.next(topic)
        assert payload["facts"] == {"queue": "kartu"}
        assert not retained
        show_queue(mqtt, 1)
        async with wall(broker.port, contract) as later:
            await later.until(QUEUE, waiting=1)
            mqtt.event(topic, payloads.event(happened))
            payload, _ = await later.next(topic)
    assert payload["seq"] == 2


async def test_a_burst_of_states_is_coalesced_while_the_broker_is_away(broker, contract) -> None:
    mqtt = publisher(broker.port)
    for waiting in range(1, 501):
        show_queue(mqtt, waiting)
    async with wall(broker.port, contract) as reader, running(mqtt):
        payload, _ = await reader.next(QUEUE)
    assert (payload["waiting"], payload["seq"]) == (500, 500)


async def test_too_many_events_are_dropped_and_counted(broker, contract) -> None:
    mqtt = publisher(broker.port, events_max=2)
    topic = topics.event("e")
    for at in range(5):
        mqtt.event(topic, payloads.event(PublishEvent(kind="e", at=float(at), facts={})))
    async with wall(broker.port, contract) as reader, running(mqtt):
        seqs = [(await reader.next(topic))[0]["seq"] for _ in range(2)]
    assert seqs == [4, 5]
    assert mqtt.dropped == 3


def test_an_hour_of_calls_without_a_broker_is_bounded_and_what_matters_is_kept() -> None:
    """1,500 calls, as many as 169 has in four days; only what walls can do without is given up, the oldest first."""
    presences = ["offered", "talking", "wrap_up", "ready"]
    life = ["call_arrived", "call_queued", "call_offered", "call_answered", "call_ended", "phone", *["agent_presence"] * 4]
    mqtt, given = publisher(1), []
    for n in range(1500):
        for kind in life:
            happened = PublishEvent(call=f"1796131398.{n}", kind=kind, at=1764032523.0 + len(given), facts={"queue": "umum", "agent": "101"})
            mqtt.event(topics.event(kind), payloads.event(happened))
            given.append((topics.event(kind), payloads.iso(happened.at)))
        for presence in presences:
            show_agent(mqtt, presence)
    waiting = list(iter(mqtt._outbox.take, None))
    events = [message for message in waiting if not message.retain]
    assert (len(events), mqtt.dropped) == (10_000, 5_000)
    assert sum(len(message.payload) for message in events) < 6_000_000
    matter, others = ([one for one in given if (one[0].removeprefix("event/") in MATTER) is it_does] for it_does in (True, False))
    kept = {*matter, *others[-1_000:]}
    assert [(message.topic, json.loads(message.payload)["at"]) for message in events] == [one for one in given if one in kept]
    assert [(message.topic, json.loads(message.payload)["presence"]) for message in waiting if message.retain] == [(AGENT, "ready")]


async def test_all_is_announced_again_after_the_broker_was_restarted(broker, contract) -> None:
    async with running(publisher(broker.port)) as mqtt:
        show_queue(mqtt, 7)
        show_agent(mqtt, "talking")
        await mqtt.wait_connected(10)
        broker.stop()
        broker.start()
        async with wall(broker.port, contract) as reader:
            assert (await reader.next(topics.status()))[0]["state"] == "online"
        async with wall(broker.port, contract) as reader:
            assert (await reader.next(QUEUE))[0]["waiting"] == 7
        async with wall(broker.port, contract) as reader:
            assert (await reader.next(AGENT))[0]["presence"] == "talking"
        assert mqtt.problem() is None


async def test_what_was_under_way_when_the_broker_froze_is_told_when_it_is_back(broker, contract, monkeypatch) -> None:
    monkeypatch.setattr(patience, "REQUEST_TIMEOUT_S", 0.3)
    async with wall(broker.port, contract) as reader, running(publisher(broker.port)) as mqtt:
        await mqtt.wait_connected(10)
        for waiting in (1, 3, 5):
            while mqtt._sweep.listening:  # noqa: ASYNC110 - else it is the end of the sweep that is under way
                await asyncio.sleep(0)
            show_queue(mqtt, waiting - 1)
            await reader.until(QUEUE, waiting=waiting - 1)
            broker.signal(signal.SIGSTOP)
            show_queue(mqtt, waiting)
            while mqtt.problem() is None:  # noqa: ASYNC110 - walls have no event for it
                await asyncio.sleep(0)
            broker.signal(signal.SIGCONT)
            await reader.until(QUEUE, waiting=waiting)
            await mqtt.wait_connected(10)


async def test_a_clean_stop_drains_and_says_offline(broker, contract) -> None:
    async with wall(broker.port, contract) as reader:
        async with running(publisher(broker.port)) as mqtt:
            await reader.until(topics.status(), state="online")
            mqtt.set_status("draining")
            await reader.until(topics.status(), state="draining")
            show_queue(mqtt, 3)
        await reader.until(QUEUE, waiting=3)
        await reader.until(topics.status(), state="offline")
    async with wall(broker.port, contract) as later:
        payload, retained = await later.next(topics.status())
    assert retained
    assert payload["state"] == "offline"
    assert mqtt.connected is False


async def test_cancelled_it_still_says_offline(broker, contract) -> None:
    mqtt = publisher(broker.port)
    async with wall(broker.port, contract) as reader, asyncio.TaskGroup() as tasks:
        task = tasks.create_task(mqtt.run())
        await reader.until(topics.status(), state="online")
        task.cancel()
        await reader.until(topics.status(), state="offline")


VICTIM = """
import asyncio, sys
from ivrd.adapters.mqtt import MqttPublisher
from ivrd.settings.site import Mqtt
from rig import certificates
class Clock:
    def now(self): return 1764032523.5
async def main():
    await MqttPublisher(Mqtt(port=int(sys.argv[1])), "169", "test-ivrd", "victim", Clock()).run()
asyncio.run(main())
"""


async def test_killed_the_broker_says_offline_for_us(broker, contract) -> None:
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VICTIM, str(broker.port), stdout=subprocess.DEVNULL
    )
    try:
        async with wall(broker.port, contract) as reader:
            await reader.until(topics.status(), state="online", boot="victim")
            victim.kill()
            await reader.until(topics.status(), state="offline", boot="victim")
        async with running(publisher(broker.port)), wall(broker.port, contract) as reader:
            await reader.until(topics.status(), state="online", boot="boot-1")
    finally:
        if victim.returncode is None:
            victim.kill()
        await victim.wait()


async def test_states_that_nobody_owns_any_more_are_cleared(broker, contract) -> None:
    async with running(publisher(broker.port)) as before:
        show_agent(before, "ready")
        show_queue(before, 1)
        await before.wait_connected(10)
    async with running(publisher(broker.port)) as mqtt:
        show_queue(mqtt, 2)
        async with wall(broker.port, contract) as reader:
            assert (await reader.next(AGENT))[0]["presence"] == "ready"  # not settled: it stays
            mqtt.settled()
            assert (await reader.next(AGENT))[0] == {}
            mqtt.forget(QUEUE)
            await reader.until(QUEUE, waiting=None)
        async with wall(broker.port, contract) as later:
            await later.until(topics.status(), state="online")
            show_agent(mqtt, "paused")
            payload, retained = await later.next(AGENT)
    assert (payload["presence"], retained) == ("paused", False)


async def test_a_wrong_password_is_said_so(broker) -> None:
    async with running(publisher(broker.port, password="wrong")) as mqtt:
        with pytest.raises(BrokerError, match=r"refused user 'ivrd' .*Not auth.* secret `mqtt`"):
            await mqtt.wait_connected(0.5)
        assert mqtt.connected is False


async def test_an_absent_broker_is_said_so(broker, tmp_path: Path) -> None:
    broker.stop()
    async with running(publisher(broker.port)) as mqtt:
        show_queue(mqtt, 1)
        with pytest.raises(BrokerError, match=r"127\.0\.0\.1:\d+ is away .*mqtt\.port"):
            await mqtt.wait_connected(0.5)


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_ca_file_that_is_of_no_use_is_said_so_and_read_again(broker, tmp_path: Path, content: str | None) -> None:
    """ivrd check has seen a file there; it may be gone, or half written, when the broker is next connected to."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    mqtt = MqttPublisher(Mqtt(port=broker.port, tls=True, ca_file=file), "169", "test-ivrd", "boot-1", FixedClock())
    async with running(mqtt):
        with pytest.raises(BrokerError, match=r"mqtt\.ca_file .*ca\.pem .*cannot be used"):
            await mqtt.wait_connected(0.5)
        certificates.make(tmp_path / "tls", dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC)).ca.rename(file)
        while "ca.pem" in (mqtt.problem() or ""):  # noqa: ASYNC110 - walls have no event for it
            await asyncio.sleep(0.01)
