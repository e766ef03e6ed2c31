"""The real broker with the files that ivrd ships for it: by TLS, ivrd writes, walls read wall topics, nobody else gets in."""

from __future__ import annotations

import asyncio
import datetime as dt
import getpass
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
import yaml

from ivrd.adapters.mqtt import MqttPublisher
from ivrd.cli import main
from ivrd.daemon.clock import SystemClock
from ivrd.errors import BrokerError
from ivrd.settings.site import Mqtt
from rig import certificates
from rig.certificates import Certificates
from rig.process import Child
from rig.site import make_site, remove, scratch
from rig.tools import find_tool

pytestmark = pytest.mark.live


@dataclass
class Broker:
    """A mosquitto on files of ``ivrd broker-config``."""

    settings: Mqtt
    passwords: dict[str, str]
    files: Certificates
    out: Path

    def client(self, user: str, password: str = "") -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1", self.settings.port, username=user, password=password or self.passwords.get(user),
            tls_context=ssl.create_default_context(cafile=self.files.ca), timeout=5,
        )  # fmt: skip

    def publisher(self, settings: Mqtt) -> MqttPublisher:
        return MqttPublisher(settings, "169", self.passwords["ivrd"], "boot", SystemClock())


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    root = scratch()
    files = certificates.make(root / "tls", dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC))
    mqtt = {"tls": True, "ca_file": str(files.ca), "walls": ["lobby"]}
    site = make_site(root, overrides={"ivrd.yaml": {"mqtt": mqtt}})
    out = root / "broker"
    argv = ["--config", str(site.config), "broker-config", "--out", str(out), "--cert", str(files.certificate)]
    assert main([*argv, "--key", str(files.key)]) == 0
    # started by root, mosquitto becomes another user, who could not read these files
    (out / "own.conf").write_text(f"user {getpass.getuser()}\ninclude_dir {out}/d\n")
    (out / "d").mkdir()
    (out / "ivrd.conf").rename(out / "d" / "ivrd.conf")
    child = Child("mosquitto", [find_tool("mosquitto"), "-c", out / "own.conf"], root / "mosquitto.log")
    settings = site.loaded.site.mqtt

    known: Any = yaml.safe_load((root / "var" / "state" / "secrets.yaml").read_text())
    running = Broker(settings, {"ivrd": known["mqtt"], **known["walls"]}, files, out)

    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", settings.port)
        except OSError:
            return False
        writer.close()
        return True

    await child.start()
    await child.until(listens, 10)
    yield running
    await child.stop()
    remove(root)


async def first(reader: aiomqtt.Client) -> str:
    async with asyncio.timeout(5):
        async for message in reader.messages:
            return str(message.topic)
    raise AssertionError("no message")


async def test_ivrd_speaks_tls_and_a_wall_reads_what_it_wrote(broker: Broker) -> None:
    publisher = broker.publisher(broker.settings)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(publisher.run())
        await publisher.wait_connected(10)
        async with broker.client("lobby") as wall:
            await wall.subscribe("#", qos=1)
            assert await first(wall) == "ivrd/169/v1/status"
        publisher.stop()


async def test_a_wall_reads_wall_topics_only_and_writes_none(broker: Broker) -> None:
    async with broker.client("ivrd") as ivrd, broker.client("lobby") as wall:
        await wall.subscribe("#", qos=1)
        await ivrd.publish("ivrd/other-site/v1/status", b"1", qos=1)  # not ours to write
        await wall.publish("ivrd/169/v1/event/lie", b"1", qos=1)  # acknowledged, and dropped
        await ivrd.publish("ivrd/169/v1/event/truth", b"1", qos=1)
        assert await first(wall) == "ivrd/169/v1/event/truth"


@pytest.mark.parametrize(("user", "password"), [("lobby", "wrong"), ("stranger", "x"), ("ivrd", "wrong")])
async def test_nobody_else_gets_in(broker: Broker, user: str, password: str) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with broker.client(user, password):
            pass


async def test_without_tls_nobody_gets_in_and_no_password_is_sent(broker: Broker) -> None:
    publisher = broker.publisher(replace(broker.settings, tls=False, ca_file=None))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(publisher.run())
        with pytest.raises(BrokerError):
            await publisher.wait_connected(3)
        running.cancel()


# paho leaves the socket of a handshake that failed to the garbage collector, which closes it at once
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
async def test_a_certificate_of_somebody_else_is_refused_in_words(broker: Broker, tmp_path: Path) -> None:
    other = certificates.make(tmp_path, dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC))
    publisher = broker.publisher(replace(broker.settings, ca_file=other.ca))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(publisher.run())
        with pytest.raises(BrokerError, match=r"mqtt\.ca_file must hold the certificate that signed it"):
            await publisher.wait_connected(3)
        running.cancel()


async def test_the_files_are_not_for_everybody(broker: Broker) -> None:
    files = [p for p in broker.out.rglob("ivrd.*") if p.is_file()]
    assert len(files) == 3
    assert {p.stat().st_mode & 0o777 for p in files} == {0o640}
    text = "".join(p.read_text() for p in files)
    assert not [user for user, password in broker.passwords.items() if password in text]


def test_in_clear_beyond_this_machine_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    root = scratch()
    site = make_site(root)
    argv = ["--config", str(site.config), "broker-config", "--out", str(tmp_path / "out"), "--listen", "0.0.0.0"]
    assert main(argv) == 1
    assert "in clear" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    remove(root)
