"""ivrd takes no orders from the broker: what it subscribes to, and what strangers publish there changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from typing import Any

import aiomqtt
import pytest
import structlog

from bench import fuzz, fuzz_port
from ivrd.adapters.mqtt import topics
from ivrd.adapters.mqtt.session import Session
from tests.adapters.mqtt.test_client import (
    AGENT,
    PREFIX,
    QUEUE,
    publisher,
    running,
    show_agent,
    show_queue,
    wall,
)

#: where other systems take orders, and where ivrd tells its state
_ASKED = ("command", "command/agent/101", "agent/101/set", "agent/101/state", "queue/x/state", "queue/kartu/state", "trunk/state", "$x/state")
_GOOD = (b'{"presence": "ready", "seq": 1}', b'{"command": "logout", "agent": "101"}', b"")


class Noting:
    """What is asked of the broker, "-" before what is no longer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.no_more = asyncio.Event()  #: both filters were given up
        for name, sign in (("subscribe", ""), ("unsubscribe", "-")):
            monkeypatch.setattr(Session, name, self._noted(getattr(Session, name), sign))

    def _noted(self, ask: Any, sign: str) -> Any:
        async def noted(session: Session, topic: str) -> Any:
            answer = await ask(session, topic)
            self.asked.append(sign + topic)
            if sum(filter_.startswith("-") for filter_ in self.asked) == 2:
                self.no_more.set()
            return answer

        return noted


async def test_it_listens_to_its_own_states_only_and_only_until_it_knows_them(
    broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = Noting(monkeypatch)
    async with running(publisher(broker.port)) as mqtt:
        mqtt.settled()
        await noting.no_more.wait()
    own = [f"{PREFIX}/+/+/state", f"{PREFIX}/status"]
    assert noting.asked == [*own, *(f"-{topic}" for topic in own)]


def payload(dice: random.Random) -> bytes:
    """An order, or something else."""
    return dice.choice((fuzz.spoil(dice.choice(_GOOD), dice), dice.choice(fuzz_port.HOSTILE), b"A" * 100_000))


@pytest.mark.parametrize("seed", range(3))
async def test_what_strangers_publish_changes_nothing(broker: Any, seed: int) -> None:
    """Retained before it comes, live while it is there: 400 payloads, one task more and no line in the log."""
    dice = random.Random(seed)
    login: dict[str, Any] = {"username": "ivrd", "password": "test-ivrd"}
    with structlog.testing.capture_logs() as lines:
        async with aiomqtt.Client("127.0.0.1", broker.port, **login) as stranger, running(publisher(broker.port)) as mqtt:
            for retain in (True, False):
                for _ in range(200):
                    await stranger.publish(f"{PREFIX}/{dice.choice(_ASKED)}", payload(dice), retain=retain, qos=1)
                show_agent(mqtt, "ready")
                show_queue(mqtt, 2)
                await mqtt.wait_connected(10)
            mqtt.settled()
            show_agent(mqtt, "paused")
            async with aiomqtt.Client("127.0.0.1", broker.port, **login) as reader:
                await reader.subscribe(f"{PREFIX}/+/+/state", qos=1)
                await reader.subscribe(f"{PREFIX}/status", qos=1)
                await _reads(reader, f"{PREFIX}/{AGENT}", presence="paused")
            assert mqtt.problem() is None
            assert mqtt.dropped == 0
    assert [line for line in lines if line["log_level"] in ("warning", "error")] == []


async def _reads(reader: aiomqtt.Client, topic: str, **fields: object) -> None:
    async for message in reader.messages:
        with contextlib.suppress(ValueError):
            told = json.loads(bytes(message.payload))
            if message.topic.value == topic and isinstance(told, dict) and all(told.get(k) == v for k, v in fields.items()):
                return


async def test_states_that_a_stranger_left_there_are_cleared(broker: Any, contract: Any) -> None:
    login: dict[str, Any] = {"username": "ivrd", "password": "test-ivrd"}
    async with aiomqtt.Client("127.0.0.1", broker.port, **login) as stranger:
        await stranger.publish(f"{PREFIX}/queue/x/state", b"\xff\x00", retain=True, qos=1)
        await stranger.publish(f"{PREFIX}/{QUEUE}", b'{"waiting": 99}', retain=True, qos=1)
    async with running(publisher(broker.port)) as mqtt:
        show_queue(mqtt, 2)
        mqtt.settled()
        await mqtt.wait_connected(10)
    async with wall(broker.port, contract) as later:
        assert (await later.next(QUEUE))[0]["waiting"] == 2
        await later.until(topics.status(), state="offline")
