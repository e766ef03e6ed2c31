"""The broker: who may write, who may read, and what a restart keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest

from rig.broker import BrokerProcess
from rig.tools import free_ports

pytestmark = pytest.mark.live
PASSWORDS = {"ivrd": "one", "wallboard": "two"}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[BrokerProcess]:
    [port] = free_ports(1)
    async with BrokerProcess(
        tmp_path, port, writer="ivrd", passwords=PASSWORDS, persistent=True
    ) as running:
        yield running


def client(broker: BrokerProcess, user: str, password: str = "") -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1", broker.port, username=user, password=password or PASSWORDS[user]
    )


async def first(reader: aiomqtt.Client) -> tuple[str, bytes]:
    async with asyncio.timeout(5):
        async for message in reader.messages:
            return str(message.topic), bytes(message.payload)
    raise AssertionError("no message")


async def test_the_wallboard_reads_what_ivrd_retains_even_after_a_restart(
    broker: BrokerProcess,
) -> None:
    async with client(broker, "ivrd") as ivrd:
        await ivrd.publish("ivrd/169/v1/queue", b"3", qos=1, retain=True)
    await broker.restart()
    async with client(broker, "wallboard") as wall:
        await wall.subscribe("ivrd/#", qos=1)
        assert await first(wall) == ("ivrd/169/v1/queue", b"3")


async def test_the_wallboard_cannot_write(broker: BrokerProcess) -> None:
    async with client(broker, "ivrd") as ivrd, client(broker, "wallboard") as wall:
        await ivrd.subscribe("ivrd/#", qos=1)
        await wall.publish("ivrd/lie", b"1", qos=1)  # acknowledged, and dropped
        await ivrd.publish("ivrd/truth", b"1", qos=1)
        assert (await first(ivrd))[0] == "ivrd/truth"


async def test_nobody_else_gets_in(broker: BrokerProcess) -> None:
    for user, password in (("ivrd", "wrong"), ("someone", "two")):
        with pytest.raises(aiomqtt.MqttError):
            async with client(broker, user, password):
                pass
