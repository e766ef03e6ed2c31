"""Starting while something outside is wrong or away: what cannot work is told and ends, what may come is waited for."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
import yaml

from rig.asterisk import AsteriskProcess
from rig.broker import BrokerProcess
from rig.daemon import IvrdProcess
from rig.process import Child
from rig.site import SitePaths
from rig.tools import REPOSITORY

_ENDS_WITHIN_S = 15


async def refused(site: SitePaths) -> str:
    """Start ivrd, which must not start: its one message."""
    log = site.logs / "ivrd.log"
    child = Child(
        "ivrd", [sys.executable, "-m", "ivrd", "--config", site.config, "run"], log, cwd=REPOSITORY
    )
    await child.start()
    group = child.pid
    assert await child.wait(_ENDS_WITHIN_S) == 1
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)  # nobody of its family is left
    text = log.read_text()
    assert "Traceback" not in text
    said = [line for line in text.splitlines() if not line.startswith("{")]
    assert [line for line in said if line.startswith("ivrd: ")] == said[:1]
    return "\n".join(said)


def change(site: SitePaths, file: str, old: str, new: str) -> int:
    """Make a mistake in a configuration file; the line it is in."""
    path = site.config / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def line_of(path: Path, text: str) -> int:
    """The line in which a text stands."""
    return next(n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line)


# --- the store and the state


@pytest.mark.parametrize("obstacle", ["missing", "a file"])
async def test_the_store_s_directory_is_not_there(site: SitePaths, obstacle: str) -> None:
    place = site.root / "elsewhere"
    if obstacle == "a file":
        place.write_text("in the way")
    change(site, "ivrd.yaml", "sqlite:///var/state/cdr.db", "sqlite:///elsewhere/cdr.db")
    said = await refused(site)
    assert str(place / "cdr.db") in said
    assert "directory" in said
    assert f"config/ivrd.yaml:{line_of(site.config / 'ivrd.yaml', 'store_url')}:" in said


async def test_the_store_is_not_a_store(site: SitePaths) -> None:
    (site.root / "var" / "state" / "cdr.db").write_text("not a database " * 100)
    said = await refused(site)
    assert "not a CDR store" in said
    assert f"config/ivrd.yaml:{line_of(site.config / 'ivrd.yaml', 'store_url')}:" in said


async def test_the_state_directory_cannot_be_made(site: SitePaths) -> None:
    (site.root / "in-the-way").write_text("")
    change(site, "ivrd.yaml", "state: var/state", "state: in-the-way/state")
    change(site, "ivrd.yaml", "sqlite:///var/state/cdr.db", "sqlite:///cdr.db")
    said = await refused(site)
    assert "in-the-way" in said
    assert f"config/ivrd.yaml:{line_of(site.config / 'ivrd.yaml', 'in-the-way')}:" in said


# --- Asterisk and the broker


class started:
    """ivrd, started by hand and not waited for; ended for certain."""

    def __init__(self, site: SitePaths) -> None:
        self.ivrd = IvrdProcess(site.config, site.logs / "ivrd.log", site.loaded.site.http.port)

    async def __aenter__(self) -> IvrdProcess:
        await self.ivrd.child.start()
        await until(self.answers, 30)
        return self.ivrd

    async def answers(self) -> bool:
        try:
            await readiness(self.ivrd)
        except (aiohttp.ClientError, TimeoutError):
            assert self.ivrd.running, self.ivrd.child.last_words()
            return False
        return True

    async def __aexit__(self, *_: object) -> None:
        assert await self.ivrd.stop() == 0


async def until(true: Callable[[], Awaitable[bool]], timeout_s: float = 10) -> None:
    """For what tells nobody when it happens."""
    async with asyncio.timeout(timeout_s):
        while not await true():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def readiness(ivrd: IvrdProcess) -> dict[str, str | None]:
    """What /ready says of each part: None, or the problem."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
        session.get(f"{ivrd.url}/ready") as answer,
    ):
        parts = (await answer.json())["parts"]
        assert (answer.status == 200) == all(p["ready"] for p in parts.values())
        return {name: part.get("problem") for name, part in parts.items()}


def asterisk(site: SitePaths) -> AsteriskProcess:
    """The site's Asterisk."""
    return AsteriskProcess(site.etc, site.logs / "asterisk.log")


def broker(site: SitePaths, password: str | None = None) -> BrokerProcess:
    """The site's broker, which takes this password."""
    mqtt = site.loaded.site.mqtt
    return BrokerProcess(
        site.root / "var" / "broker",
        mqtt.port,
        writer=mqtt.user,
        passwords={mqtt.user: password or site.secrets.mqtt},
    )


def spoil_secret(site: SitePaths, name: str) -> None:
    """Another password than the one the other side has."""
    path = site.root / "var" / "state" / "secrets.yaml"
    secrets = yaml.safe_load(path.read_text())
    secrets[name] = "x" * len(secrets[name])
    path.write_text(yaml.safe_dump(secrets))


@pytest.mark.live
@pytest.mark.parametrize("interface", ["ari", "ami"])
async def test_a_wrong_password_for_asterisk(site: SitePaths, interface: str) -> None:
    spoil_secret(site, interface)
    async with asterisk(site):
        said = await refused(site)
    assert interface in said
    assert "ivrd asterisk-config" in said
    assert re.search(r"config/ivrd\.yaml:\d+:\d+", said)


@pytest.mark.live
async def test_asterisk_comes_later(site: SitePaths) -> None:
    async with broker(site), started(site) as ivrd:
        problems = await readiness(ivrd)
        assert problems["store"] is None
        for part in ("ari", "ami"):
            assert re.search(r"config/ivrd\.yaml:\d+:\d+", str(problems[part]))
        async with asterisk(site):
            await until(lambda: ready(ivrd))
            told = [line for line in ivrd.lines() if line.get("event") == "no connection to asterisk"]
            assert len(told) == len({(line["interface"], line["error"]) for line in told})  # each once
            assert any(line.get("event") == "ready" for line in ivrd.lines())


async def ready(ivrd: IvrdProcess) -> bool:
    """All parts are there, and ivrd has said so."""
    return not any((await readiness(ivrd)).values()) and any(
        line.get("event") == "ready" for line in ivrd.lines()
    )


@pytest.mark.live
@pytest.mark.parametrize("trouble", ["wrong password", "away"])
async def test_without_the_broker_it_serves_but_is_not_ready(site: SitePaths, trouble: str) -> None:
    async with asterisk(site):
        if trouble == "away":
            await without_the_broker(site, "is away")
        else:
            async with broker(site, password="not-that-one"):
                await without_the_broker(site, "refused user 'ivrd'")


async def without_the_broker(site: SitePaths, words: str) -> None:
    """Asterisk and store are there, the broker is not, and that is told once, with its place."""
    async with started(site) as ivrd:

        async def only_the_broker_is_missing() -> bool:
            problems = await readiness(ivrd)
            return [name for name, text in problems.items() if text] == ["mqtt"] and words in str(problems["mqtt"])

        await until(only_the_broker_is_missing)
        told = [line for line in ivrd.lines() if line.get("part") == "mqtt" and words in line["problem"]]
        assert len(told) <= 1
        await until(lambda: said_of_broker(ivrd, words))
        assert not any(line.get("event") == "ready" for line in ivrd.lines())


async def said_of_broker(ivrd: IvrdProcess, words: str) -> bool:
    """The log tells of the broker, with the place of its setting."""
    lines = [line for line in ivrd.lines() if line.get("part") == "mqtt"]
    return any(words in line["problem"] and re.search(r"ivrd\.yaml:\d+:\d+", line["problem"]) for line in lines)


async def test_a_store_that_another_program_has_locked(site: SitePaths) -> None:
    with closing(sqlite3.connect(site.root / "var" / "state" / "cdr.db", isolation_level=None)) as lock:
        lock.execute("PRAGMA journal_mode=WAL")
        lock.execute("BEGIN EXCLUSIVE")
        said = await refused(site)
    assert "another program holds it" in said


async def test_callers_of_a_later_start_do_not_wait_for_the_store(site: SitePaths) -> None:
    async with started(site):
        pass
    with closing(sqlite3.connect(site.root / "var" / "state" / "cdr.db", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        async with started(site) as ivrd:
            assert "locked" in str((await readiness(ivrd))["store"])
            lock.execute("ROLLBACK")

            async def has_it() -> bool:
                return (await readiness(ivrd))["store"] is None

            await until(has_it, 20)
