"""AriClient by TLS: who cannot be trusted is told nothing, at the start and later; never a word in clear."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from ivrd.core.events import SwitchLost, SwitchSeen
from ivrd.daemon.clock import SystemClock
from ivrd.errors import StartError
from ivrd.settings.site import Ari
from rig import certificates
from tests.adapters.ari.conftest import ScriptedAri
from tests.adapters.ari.test_client import make_client
from tests.contract.harness import EventLog


def made(directory: Path) -> certificates.Certificates:
    return certificates.make(directory, dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC))


@pytest_asyncio.fixture
async def by_tls(tmp_path: Path) -> AsyncIterator[ScriptedAri]:
    """A scripted ARI server that speaks TLS."""
    server = ScriptedAri(made(tmp_path / "right"))
    await server.start()
    yield server
    await server.stop()


def settings(server: ScriptedAri, ca: Path) -> Ari:
    return replace(server.settings(), tls=True, ca_file=ca)


async def until_it_says(client: object, text: str) -> None:
    async with asyncio.timeout(5):
        while text not in client.last_error:  # type: ignore[attr-defined]  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


async def test_events_and_orders_go_by_tls(by_tls: ScriptedAri, tmp_path: Path) -> None:
    inbox = EventLog()
    client = make_client(settings(by_tls, tmp_path / "right" / "ca.pem"), inbox)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.run(), name="ari")
        await inbox.wait(SwitchSeen)
        await client.answer("1764.1")
        task.cancel()
    assert by_tls.urls
    assert {url.partition(":")[0] for url in by_tls.urls} == {"https"}
    assert "POST channels/1764.1/answer" in by_tls.requests


async def test_another_authority_or_name_ends_the_start_in_one_clear_message(by_tls: ScriptedAri, tmp_path: Path) -> None:
    other = made(tmp_path / "other")
    wrong = {
        "ca_file": settings(by_tls, other.ca),
        "host": replace(settings(by_tls, tmp_path / "right" / "ca.pem"), host="localhost"),
        "ca_file .* cannot be used": settings(by_tls, tmp_path / "none.pem"),
    }
    for said, link in wrong.items():
        with pytest.raises(StartError, match=rf"asterisk\.ari\.{said}"):
            await make_client(link, EventLog()).run()
    assert by_tls.urls == []


async def test_one_that_turns_wrong_later_is_told_nothing_and_is_taken_when_it_is_right_again(by_tls: ScriptedAri, tmp_path: Path) -> None:
    inbox, right = EventLog(), by_tls.files
    client = make_client(settings(by_tls, tmp_path / "right" / "ca.pem"), inbox)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(client.run(), name="ari")
        await inbox.wait(SwitchSeen)
        await by_tls.stop()
        await inbox.wait(SwitchLost)
        by_tls.urls.clear()
        by_tls.files = made(tmp_path / "other")
        await by_tls.start()
        await until_it_says(client, "asterisk.ari.ca_file must hold")
        await by_tls.stop()
        assert by_tls.urls == []
        by_tls.files = None  # in clear
        await by_tls.start()
        await until_it_says(client, "is TLS on at that port?")
        await by_tls.stop()
        assert by_tls.urls == []
        by_tls.files = right
        await by_tls.start()
        async with asyncio.timeout(5):
            await client.connected.wait()
        task.cancel()
