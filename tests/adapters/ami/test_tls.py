"""AmiClient by TLS: who cannot be trusted is told nothing; an action is in one record, because of how Asterisk reads."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from ivrd.adapters.ami import wire
from ivrd.daemon.clock import SystemClock
from ivrd.errors import StartError
from ivrd.settings.site import Ami
from rig import certificates
from tests.adapters.ami.conftest import ScriptedAmi
from tests.adapters.ami.test_guards import gone, make_client, running
from tests.contract.harness import EventLog


def made(directory: Path) -> certificates.Certificates:
    return certificates.make(directory, dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC))


@pytest_asyncio.fixture
async def by_tls(tmp_path: Path) -> AsyncIterator[ScriptedAmi]:
    """A scripted manager interface that speaks TLS."""
    server = ScriptedAmi(made(tmp_path / "right"))
    await server.start()
    yield server
    await server.stop()


def settings(server: ScriptedAmi, ca: Path) -> Ami:
    return replace(server.settings(), tls=True, ca_file=ca)


async def until_it_says(client: object, text: str) -> None:
    async with asyncio.timeout(5):
        while text not in client.last_error:  # type: ignore[attr-defined]  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


async def test_actions_go_by_tls(by_tls: ScriptedAmi, tmp_path: Path) -> None:
    client = make_client(settings(by_tls, tmp_path / "right" / "ca.pem"), EventLog())
    async with running(client):
        assert await client.set_lamps({"a": "INUSE", "b": "NOT_INUSE"}) == {}
    assert [m["Value"] for m in by_tls.actions("Setvar")] == ["INUSE", "NOT_INUSE"]


async def test_another_authority_or_name_ends_the_start_in_one_clear_message(by_tls: ScriptedAmi, tmp_path: Path) -> None:
    other = made(tmp_path / "other")
    wrong = {
        "ca_file": settings(by_tls, other.ca),
        "host": replace(settings(by_tls, tmp_path / "right" / "ca.pem"), host="localhost"),
        "ca_file .* cannot be used": settings(by_tls, tmp_path / "none.pem"),
    }
    for said, link in wrong.items():
        with pytest.raises(StartError, match=rf"asterisk\.ami\.{said}"):
            await make_client(link, EventLog()).run()
    assert by_tls.received == []


async def test_one_that_turns_wrong_later_is_told_nothing_and_is_taken_when_it_is_right_again(by_tls: ScriptedAmi, tmp_path: Path) -> None:
    client, right = make_client(settings(by_tls, tmp_path / "right" / "ca.pem"), EventLog()), by_tls.files
    async with running(client):
        await by_tls.stop()
        await gone(client)
        by_tls.received.clear()
        by_tls.files = made(tmp_path / "other")
        await by_tls.start()
        await until_it_says(client, "asterisk.ami.ca_file must hold")
        await by_tls.stop()
        by_tls.files = None  # in clear
        await by_tls.start()
        await until_it_says(client, "is TLS on at that port?")
        await by_tls.stop()
        assert by_tls.received == []
        by_tls.files = right
        await by_tls.start()
        async with asyncio.timeout(5):
            await client.connected.wait()


def test_what_goes_into_one_record_is_what_asterisk_reads_at_once() -> None:
    short, long = b"Action: Ping\r\n\r\n", b"Action: Setvar\r\nValue: " + b"x" * 1000 + b"\r\n\r\n"
    pieces = list(wire.records([short, short, long]))
    assert b"".join(pieces) == short + short + long
    assert pieces[:2] == [short, short]
    assert max(map(len, pieces)) <= wire.READ_BYTES
    assert all(piece.endswith(b"\r\n") for piece in pieces)  # Asterisk has nothing left of it when it reads on
