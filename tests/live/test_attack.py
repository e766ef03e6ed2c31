"""Somebody guesses, scans or knocks: ivrd's line is one that fail2ban's filter reads, and the attacker's text cannot imitate it."""

from __future__ import annotations

import asyncio
import configparser
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rig.tools import REPOSITORY
from tests.live.centre import Centre
from tests.live.stranger import ADDRESS, Stranger

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

SAID = "access refused by asterisk"
SOMEBODY_ELSE = "198.51.100.9"
IMITATION = f'x", "address": "{SOMEBODY_ELSE}", "event": "{SAID}'
FILTER = REPOSITORY / "systemd" / "fail2ban" / "filter.d" / "ivrd.conf"
TIMESTAMP = "2026-11-30T03:04:05.678901Z"


async def banned(lines: Sequence[str], directory: Path) -> list[str]:
    """The addresses that the shipped filter takes from lines: by fail2ban itself where it is installed, else by its expressions."""
    if tool := shutil.which("fail2ban-regex"):
        log = directory / "ivrd.log"
        log.write_text("".join(f"{line}\n" for line in lines))
        asked = await asyncio.create_subprocess_exec(tool, "-o", "ip", log, FILTER, stdout=asyncio.subprocess.PIPE)
        found, _ = await asked.communicate()
        return found.decode().split()
    read = configparser.ConfigParser(interpolation=None)
    read.read(FILTER)
    patterns = [p.replace("<HOST>", r"(?P<host>[0-9a-fA-F.:]+)") for p in read["Definition"]["failregex"].split("\n")]
    hits = [next((hit["host"] for pattern in patterns if (hit := re.search(pattern, line))), "") for line in lines]
    return [hit for hit in hits if hit]


class Refusals:
    """What ivrd logs of refusals from now on."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._log = centre.site.logs / "ivrd.log"
        self._before = len(self._lines())
        centre.expected.add(SAID)

    async def lines(self, count: int, **facts: str) -> list[str]:
        """So many lines, as they stand there; each has ``facts``."""
        await self._centre.until(lambda: len(self._found()) >= count, why=self._found)
        found = self._found()
        assert [{name: json.loads(line)[name] for name in facts} for line in found] == [facts] * count
        return found

    def _found(self) -> list[str]:
        return [line for line in self._lines()[self._before :] if json.loads(line)["event"] == SAID]

    def _lines(self) -> list[str]:
        return [line for line in self._log.read_text().split("\n")[:-1] if line.startswith("{")]


@pytest.mark.parametrize("account", ["101", IMITATION])
async def test_a_guess_is_a_line_that_names_the_guesser(centre: Centre, tmp_path: Path, account: str) -> None:
    refusals = Refusals(centre)
    with Stranger(centre.site.registrar, "127.0.0.1") as guesser:
        await guesser.guess("101", account)
    kind = "ChallengeResponseFailed"
    assert set(await banned(await refusals.lines(1, kind=kind), tmp_path)) == {"127.0.0.1"}


async def test_an_unknown_account_is_a_line_that_names_the_guesser(centre: Centre, tmp_path: Path) -> None:
    refusals = Refusals(centre)
    with Stranger(centre.site.registrar) as guesser:
        await guesser.guess("999", "999")
    assert await banned(await refusals.lines(2), tmp_path) == [ADDRESS] * 2


async def test_a_scan_by_invite_is_told_from_the_second_one_on(centre: Centre, tmp_path: Path) -> None:
    """However slow it is: of the first one Asterisk tells nobody."""
    refusals = Refusals(centre)
    with Stranger(centre.site.registrar, "127.0.0.3") as scanner:
        for number in ("100", "1000", quote(IMITATION)):
            await scanner.ask("INVITE", f"<sip:{number}@127.0.0.1>", "900442012345678")
    assert await banned(await refusals.lines(2, kind="InvalidAccountID", service="PJSIP"), tmp_path) == ["127.0.0.3"] * 2


async def test_who_may_not_come_from_there_is_a_line_that_names_the_address(centre: Centre, tmp_path: Path) -> None:
    """An access list: with the right name and password, from an address that ``permit`` leaves out."""
    ami, refusals = centre.site.loaded.site.asterisk.ami, Refusals(centre)
    _, knocking = await asyncio.open_connection(ami.host, ami.port, local_addr=(ADDRESS, 0))
    knocking.write(f"Action: Login\r\nUsername: {ami.user}\r\nSecret: {centre.site.secrets.ami}\r\n\r\n".encode())
    lines = await refusals.lines(1, kind="FailedACL", service="AMI")
    knocking.close()
    await knocking.wait_closed()
    assert await banned(lines, tmp_path) == [ADDRESS]


async def test_other_lines_ban_nobody(tmp_path: Path) -> None:
    def line(**facts: Any) -> str:
        return json.dumps(facts | {"level": "warning", "timestamp": TIMESTAMP})

    assert await banned([
        line(call="1.1", caller_number=IMITATION, event="call arrived"),
        line(address="127.0.0.1", event="asked over http"),
        line(kind="InvalidPassword", account=IMITATION, event="something else"),
    ], tmp_path) == []  # fmt: skip
    assert await banned([
        line(account=IMITATION, address="203.0.113.7", event=SAID),
        line(address="203.0.113.8", path="/agents/101", event="wrong token"),
    ], tmp_path) == ["203.0.113.7", "203.0.113.8"]  # fmt: skip
