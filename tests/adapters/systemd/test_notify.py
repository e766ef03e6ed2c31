"""sd_notify on a real datagram socket."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivrd.adapters.systemd import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket as systemd's, and its name as NOTIFY_SOCKET."""
    path, name = str(tmp_path / "notify"), f"ivrd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path if request.param == "path" else f"\0{name}")
        listening.settimeout(5)
        yield listening, path if request.param == "path" else f"@{name}"


def test_every_message_reaches_the_manager(manager: tuple[socket.socket, str]) -> None:
    listening, address = manager
    notifier = Notifier({"NOTIFY_SOCKET": address})
    notifier.ready()
    notifier.watchdog()
    notifier.status("waiting for ari:\nrefused")
    notifier.reloading()
    notifier.stopping()
    said = [listening.recv(4096).decode() for _ in range(5)]
    assert said[:3] == ["READY=1", "WATCHDOG=1", "STATUS=waiting for ari: refused"]
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", said[3])
    assert said[4] == "STOPPING=1"


def test_the_watchdog_waits_longer_for_one_that_takes_over(manager: tuple[socket.socket, str]) -> None:
    listening, address = manager
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "5000000"})
    notifier.watchdog_waits(60)
    notifier.watchdog_waits()
    Notifier({"NOTIFY_SOCKET": address}).watchdog_waits(60)  # nobody watches
    notifier.ready()
    assert [listening.recv(4096) for _ in range(3)] == [b"WATCHDOG_USEC=60000000", b"WATCHDOG_USEC=5000000", b"READY=1"]


def test_without_systemd_nothing_happens() -> None:
    notifier = Notifier({})
    notifier.ready()
    assert notifier.watchdog_interval_s is None


def test_a_manager_that_is_gone_does_not_disturb(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_a_manager_that_does_not_read_does_not_block(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(path)
        for _ in range(2000):
            Notifier({"NOTIFY_SOCKET": path}).watchdog()
        assert deaf.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    ("environ", "interval_s"),
    [
        ({"WATCHDOG_USEC": "5000000"}, 2.5),
        ({"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": str(os.getpid())}, 2.5),
        ({"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_it_bites(
    environ: dict[str, str], interval_s: float | None
) -> None:
    assert Notifier(environ).watchdog_interval_s == interval_s
