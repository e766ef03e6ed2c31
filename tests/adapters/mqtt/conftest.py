"""A private mosquitto with passwords and an access list, and the contract to hold against it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from rig.tools import free_ports

CONTRACT = Path(__file__).parents[3] / "docs" / "mqtt.asyncapi.yaml"
PASSWORDS = {"ivrd": "test-ivrd", "wall": "test-wall"}

CONF = """
per_listener_settings false
allow_anonymous false
password_file {dir}/passwd
acl_file {dir}/acl
persistence false
listener {port} 127.0.0.1
log_dest file {dir}/mosquitto.log
"""
ACL = "user ivrd\ntopic readwrite ivrd/#\nuser wall\ntopic read ivrd/169/v1/#\n"


class Broker:
    """One mosquitto on a free port of the loopback, without persistence: a restart forgets."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        [self.port] = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None
        (directory / "acl").write_text(ACL)
        (directory / "acl").chmod(0o600)
        (directory / "passwd").touch(0o600)
        for user, password in PASSWORDS.items():
            subprocess.run(
                ["mosquitto_passwd", "-b", directory / "passwd", user, password], check=True
            )
        user = "user root\n" if os.geteuid() == 0 else ""
        (directory / "conf").write_text(user + CONF.format(dir=directory, port=self.port))

    def start(self) -> None:
        binary = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        assert binary, "mosquitto is missing: apt-get install mosquitto"
        self._process = subprocess.Popen([binary, "-c", self.directory / "conf"])
        deadline = time.monotonic() + 10
        while True:
            assert self._process.poll() is None, (self.directory / "mosquitto.log").read_text()
            assert time.monotonic() < deadline, "mosquitto does not listen"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.01)

    def signal(self, number: int) -> None:
        """SIGSTOP freezes it, SIGCONT lets it go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    directory = tmp_path / "broker"
    directory.mkdir()
    started = Broker(directory)
    started.start()
    yield started
    started.stop()


class Contract:
    """docs/mqtt.asyncapi.yaml as something to hold a message against."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = yaml.safe_load(CONTRACT.read_text())

    def check(self, topic: str, payload: object) -> str:
        """The channel that ``topic`` belongs to; fails unless ``payload`` is as it promises."""
        found = [n for n, c in self.document["channels"].items() if _matches(c["address"], topic)]
        assert len(found) == 1, f"{topic} belongs to {found}"
        (message,) = self.document["channels"][found[0]]["messages"].values()
        schema = {**message["payload"], "components": self.document["components"]}
        jsonschema.Draft202012Validator(schema).validate(payload)
        return found[0]


def _matches(address: str, topic: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", address), topic) is not None


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()
