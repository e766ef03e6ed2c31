"""A real MQTT broker (mosquitto) of our own, as a child process: nobody anonymous, loopback only."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from ivrd.adapters.broker_config import acl, password_file
from rig.process import Child
from rig.tools import TCP, RigError, find_tool, is_taken

WALLBOARD_USER = "wallboard"
HOST = "127.0.0.1"
_START_TIMEOUT_S = 10.0


class BrokerProcess:
    """mosquitto on 127.0.0.1: one user writes below the base topic, ``wallboard`` reads there."""

    def __init__(
        self,
        directory: Path,
        port: int,
        *,
        writer: str,
        passwords: Mapping[str, str],
        base_topic: str = "ivrd",
        persistent: bool = False,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        """``passwords`` has the writer's and the wallboard's. ``persistent``: retained topics
        survive a restart. ``tls``: certificate and key; nothing but TLS is spoken then."""
        self.port = port
        directory.mkdir(parents=True, exist_ok=True)
        _write_private(directory / "passwd", password_file(passwords))
        _write_private(directory / "acl", acl(writer, [u for u in passwords if u != writer], base_topic))
        self._directory, self._persistent = directory, persistent
        configuration = directory / "mosquitto.conf"
        _write_private(configuration, _configuration(directory, port, persistent, tls))
        argv: list[str | Path] = [find_tool("mosquitto"), "-c", configuration]
        self._child = Child("mosquitto", argv, directory / "mosquitto.log")

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    def take(self, conf_d: Path) -> None:
        """Go by the files that `ivrd broker-config` wrote there, from the next start on."""
        text = "\n".join([*_surroundings(self._directory, self._persistent), f"include_dir {conf_d}"])
        _write_private(self._directory / "mosquitto.conf", text + "\n")

    async def start(self) -> None:
        """Start, and wait until it takes connections. RigError when another program has the port."""
        # who connects cannot tell whose broker answers, and ours takes a moment to notice and end
        if is_taken(self.port, HOST, [TCP]):
            raise RigError(f"mosquitto: port {self.port} of {HOST} is taken by another program")
        await self._child.start()
        await self._child.until(self._listens, _START_TIMEOUT_S)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return self._child.running

    async def wait(self, timeout_s: float) -> int:
        """Wait for its end; the exit status."""
        return await self._child.wait(timeout_s)

    async def stop(self) -> None:
        """End it."""
        await self._child.stop()

    async def kill(self) -> None:
        """SIGKILL, as a crash."""
        await self._child.kill()

    async def restart(self) -> None:
        """Stop and start again."""
        await self.stop()
        await self.start()

    async def __aenter__(self) -> BrokerProcess:
        await self.start()
        return self

    async def __aexit__(
        self, _t: type[BaseException] | None, _v: BaseException | None, _b: TracebackType | None
    ) -> None:
        await self.stop()


def _configuration(directory: Path, port: int, persistent: bool, tls: tuple[Path, Path] | None) -> str:
    lines = [
        *_surroundings(directory, persistent),
        "per_listener_settings false",
        "allow_anonymous false",
        f"password_file {directory / 'passwd'}",
        f"acl_file {directory / 'acl'}",
        f"listener {port} {HOST}",
        *(() if tls is None else (f"certfile {tls[0]}", f"keyfile {tls[1]}")),
    ]
    return "\n".join(lines) + "\n"


def _surroundings(directory: Path, persistent: bool) -> list[str]:
    return [
        # Started by root, mosquitto becomes another user, who could not read these files.
        f"user {getpass.getuser()}",
        f"persistence {'true' if persistent else 'false'}",
        f"persistence_location {directory}/",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
    ]


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
