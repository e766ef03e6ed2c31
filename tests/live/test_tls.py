"""ARI and AMI by TLS alone: a call is served, the rescuer finds its way, and who is not Asterisk is told nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from ivrd.adapters.ami.connection import Connection
from ivrd.daemon.clock import SystemClock
from rig import certificates
from rig.tools import REPOSITORY
from tests.live.centre import Centre
from tests.live.test_killed import queued

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
BY_TLS = True
NOT_TRUSTED = "showed a certificate that is not trusted"
TRIES = 6  #: so often in vain, and said once


@contextmanager
def another(centre: Centre, *names: str) -> Iterator[None]:
    """These files are those of another authority."""
    right, wrong = centre.site.root / "tls", centre.site.root / "other"
    certificates.make(wrong, dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC))
    kept = {name: (right / name).read_bytes() for name in names}
    for name in names:
        shutil.copyfile(wrong / name, right / name)
    try:
        yield
    finally:
        for name, content in kept.items():
            (right / name).write_bytes(content)


@asynccontextmanager
async def in_clear(host: str, port: int, said: bytes) -> AsyncIterator[bytes]:
    """What comes of speaking in clear there."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(said)
        async with asyncio.timeout(5):
            try:
                yield await reader.read(4096)
            except ConnectionResetError:
                yield b""
    finally:
        writer.close()


async def rescue_now(centre: Centre) -> tuple[int | None, str]:
    """`ivrd rescue --now`: its status, and what it said."""
    argv = ["-m", "ivrd", "--config", str(centre.site.config), "rescue", "--now"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *argv, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(30):
        told, _ = await process.communicate()
    return process.returncode, told.decode()


async def test_a_call_is_served_and_nothing_goes_in_clear(centre: Centre) -> None:
    adi = await centre.agent("101")
    caller, _ = await centre.conversation(adi)
    await caller.hang_up()
    row = await centre.final_row()
    assert (row["disposition"], row["agent"]) == ("answered", "101")
    centre.recording(row)
    ari, ami = centre.site.loaded.ari, centre.site.loaded.ami
    assert "Server Disabled" in await centre.asterisk.console("http show status")
    shown = await centre.asterisk.console("manager show settings")
    assert f"127.0.0.1:{ami.port}" in shown.partition("TLS Bindaddress:")[2].splitlines()[0]
    assert "127.0.0.2:" in shown.partition("TCP Bindaddress:")[2].splitlines()[0]
    async with in_clear(ari.host, ari.port, b"GET /ari/channels HTTP/1.1\r\nHost: x\r\n\r\n") as answer:
        assert not answer.startswith(b"HTTP")
    async with in_clear(ami.host, ami.port, b"Action: Ping\r\n\r\n") as answer:
        assert b"Asterisk" not in answer


async def test_many_actions_at_once_are_all_carried_out(centre: Centre) -> None:
    """Asterisk reads 1024 bytes and waits for more, unless each action is a record of its own (ADR 108)."""
    manager = Connection(centre.site.loaded.ami, centre.site.secrets.ami, lambda _event: None)
    await manager.open()
    try:
        lamps = [("Setvar", {"Variable": f"DEVICE_STATE(Custom:tls-{n})", "Value": "INUSE"}) for n in range(200)]
        long = ("Setvar", {"Variable": "IVRD_TEST", "Value": "x" * 900, "Note": "y" * 900})
        told = await manager.actions([*lamps, long, ("Ping", {})])
    finally:
        manager.close()
    assert [outcome for outcome in told if isinstance(outcome, Exception)] == []


@pytest.mark.parametrize("name", ["ari", "ami"])
async def test_another_authority_ends_the_start_in_one_message(centre: Centre, name: str) -> None:
    await centre.ivrd.stop()
    file, before = centre.site.config / "ivrd.yaml", (centre.site.config / "ivrd.yaml").read_text()
    other = centre.site.root / "other"
    certificates.make(other, dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC))
    at = before.index(f"  {name}:\n")
    file.write_text(before[:at] + before[at:].replace("ca_file: tls/ca.pem", "ca_file: other/ca.pem", 1))
    seen = len(centre.ivrd.lines())
    try:
        await centre.ivrd.child.start()
        assert await centre.ivrd.wait(30) == 1
    finally:
        file.write_text(before)
    told = [str(line) for line in centre.ivrd.lines()[seen:] if NOT_TRUSTED in str(line)]
    assert len(told) == 1, told
    line = before[:at].count("\n") + 1
    assert f"ivrd.yaml:{line}:3" in told[0]
    assert f"asterisk.{name}.ca_file must hold" in told[0]
    centre.complaints()  # seen


async def test_an_asterisk_that_comes_back_with_another_certificate_is_told_nothing_until_it_is_right(centre: Centre) -> None:
    centre.expected |= {"no connection to asterisk", "part not ready", "alert raised", "asterisk was started anew"}
    log, seen = centre.site.asterisk_log, len(centre.ivrd.lines())
    refusals = log.read_text().count("Problem setting up ssl connection")
    with another(centre, "cert.pem", "key.pem"):
        await centre.asterisk.restart()
        await centre.until(lambda: log.read_text().count("Problem setting up ssl connection") >= refusals + TRIES, 30)
    said = [line for line in centre.ivrd.lines()[seen:] if NOT_TRUSTED in str(line.get("error", ""))]
    assert sorted(line["interface"] for line in said) == ["ami", "ari"]
    assert centre.ivrd.running
    await centre.asterisk.restart()
    await centre.until_ready(20)


async def test_the_rescuer_goes_by_tls_and_moves_nobody_by_another_s_word(centre: Centre) -> None:
    caller = await queued(centre)
    await centre.ivrd.kill()
    with another(centre, "ca.pem"):
        status, told = await rescue_now(centre)
        assert (status, NOT_TRUSTED in told) == (1, True), told
    status, told = await rescue_now(centre)
    assert (status, told.strip().splitlines()[-1]) == (0, "1 callers moved to the fallback, 0 phones hung up")
    await caller.hang_up()
    await centre.ivrd.start()
    row = await centre.final_row()
    assert row["disposition"] == "fallback"
