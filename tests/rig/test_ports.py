"""A port that another program has is named before anything is started on it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rig import run
from rig.broker import BrokerProcess
from rig.site import SitePaths
from rig.tools import TCP, UDP, RigError, free_ports, is_taken


@contextmanager
def another_program(port: int, kind: socket.SocketKind = TCP) -> Iterator[socket.socket]:
    """Listens there, as servers do: with SO_REUSEADDR."""
    with socket.socket(socket.AF_INET, kind) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        if kind == TCP:
            server.listen(1)
        yield server


@pytest.mark.parametrize("kind", [TCP, UDP])
def test_who_listens_has_the_port(kind: socket.SocketKind) -> None:
    [port] = free_ports(1)
    other = UDP if kind == TCP else TCP
    with another_program(port, kind):
        assert is_taken(port)
        assert is_taken(port, "0.0.0.0", [kind])
        assert not is_taken(port, kinds=[other])
    assert not is_taken(port)


def test_a_connection_that_has_just_ended_does_not_keep_the_port() -> None:
    """Else `make run` could not be started again for a minute after Ctrl-C."""
    [port] = free_ports(1)
    with another_program(port) as server, socket.create_connection(("127.0.0.1", port)) as client:
        server.accept()[0].close()  # the first to close: the port lingers on this side
        assert client.recv(1) == b""
    assert not is_taken(port)


def test_an_address_that_is_not_ours_is_not_called_taken() -> None:
    assert not is_taken(5060, "192.0.2.1")


async def test_a_broker_does_not_take_another_program_for_itself(tmp_path: Path) -> None:
    [port] = free_ports(1)
    broker = BrokerProcess(tmp_path, port, writer="ivrd", passwords={"ivrd": "one"})
    with another_program(port), pytest.raises(RigError, match=f"port {port} of 127.0.0.1 is taken"):
        await broker.start()
    with pytest.raises(RigError, match="does not run"):
        assert broker.pid


@pytest.mark.parametrize(
    ("setting", "kind"),
    [("asterisk.sip.port", UDP), ("asterisk.ari.port", TCP), ("asterisk.ami.port", TCP), ("mqtt.port", TCP), ("http.port", TCP)],
)
def test_make_run_names_the_setting_of_a_port_that_is_taken(site: SitePaths, setting: str, kind: socket.SocketKind) -> None:
    run.refuse_taken_ports(site.loaded)
    settings: object = site.loaded.site
    for word in setting.split("."):
        settings = getattr(settings, word)
    assert isinstance(settings, int)
    with another_program(settings, kind), pytest.raises(RigError) as refused:
        run.refuse_taken_ports(site.loaded)
    named = re.findall(r"(\d+) of 127\.0\.0\.1 +(\S+) at \S+ivrd\.yaml:\d+:\d+", str(refused.value))
    assert named == [(str(settings), setting)]


def test_make_run_tells_it_in_one_message(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, site: SitePaths) -> None:
    def started(*_: object, **__: object) -> None:
        pytest.fail("something was started")

    monkeypatch.setattr(run, "load", lambda _: site.loaded)
    monkeypatch.setattr(run, "Stack", started)
    monkeypatch.setattr(run, "prepare", started)
    with another_program(site.loaded.site.mqtt.port), another_program(site.loaded.site.asterisk.sip.port, UDP):
        assert run.main() == 1
    told = capsys.readouterr().err
    assert told.startswith("make run: these ports are taken")
    assert "mqtt.port" in told
    assert "asterisk.sip.port" in told
    assert "Traceback" not in told
