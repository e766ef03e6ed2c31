"""The dialplan language on real parts: masked input, sub-flows, expressions, money and a text spoken in the call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from rig.tools import free_ports
from tests.live.centre import Centre
from tests.live.said import WORD_HZ, said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

(PORT,) = free_ports(1)
PIN = "79927398713"
FLOWS = {
    "pin": """start: ask
nodes:
  ask: {collect: {say: [welcome], into: pin, masked: true, min: 4, check: luhn, then: send, otherwise: bye, tries: 2}}
  send: {http: {service: bank, post: /pin, send: {pin: pin}, timeout_s: 2, save: {sum: /sum}, then: sub, on_failure: bye}}
  sub: {run: {flow: tell, give: {sum: vars.sum}, into: {twice: twice}, then: big}}
  big: {branch: {cases: [{when: vars.twice == 3000000 && hours.open, then: rich}], otherwise: bye}}
  rich: {tag: {add: rich, then: goodbye}}
  goodbye: {play: {say: [goodbye], then: bye}}
  bye: {hangup: {cause: normal}}
""",
    "tell": """arguments: {sum: int}
returns: {twice: int}
start: say
nodes:
  say: {say: {parts: [{money: vars.sum}, {text: "'Halo ' + caller.number"}], then: back}}
  back: {return: {values: {twice: vars.sum * 2}}}
""",
}
SITE = {
    "overrides": {
        "ivrd.yaml": {
            "dids": {"174": "pin"},
            "services": {"bank": {"url": f"http://127.0.0.1:{PORT}"}},
        }
    }
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bank() -> AsyncIterator[list[str]]:
    """Who may know a PIN; every PIN that it was sent."""
    seen: list[str] = []

    async def pin(request: web.Request) -> web.Response:
        seen.append((await request.json())["pin"])
        return web.json_response({"sum": 1_500_000})

    app = web.Application()
    app.router.add_post("/pin", pin)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    yield seen
    await runner.cleanup()


def holding(root: Path, word: bytes) -> list[Path]:
    """Files under ``root`` with ``word`` in them."""
    return [f for f in root.rglob("*") if f.is_file() and not f.is_symlink() and word in f.read_bytes()]


async def test_a_pin_reaches_who_asked_for_it_and_no_file_on_disk(centre: Centre, bank: list[str]) -> None:
    caller = await centre.caller(number="174")
    await caller.wait_heard(said_hz("welcome"))
    await caller.press("1234#")  # no check digit: asked again
    await caller.wait_heard(said_hz("invalid-entry"))
    await caller.press(f"{PIN}#")
    await caller.wait_heard(WORD_HZ, for_s=0.1)  # half a word: between two files the phase jumps
    await caller.wait_heard(said_hz("goodbye"))
    await caller.ended()
    row = await centre.row()
    assert bank == [PIN]
    assert (row["menu_path"], row["tags"]) == ("ask>send>sub>tell/say>tell/back>big>rich>goodbye>bye", "rich")
    root = centre.site.root
    assert list((root / "var" / "spool" / "texts").glob("*.wav")), "the text was spoken"
    assert holding(root, PIN.encode()) == []
    pressed = [
        json.loads(line)
        for file in (root / "var" / "state").rglob("*")
        if file.is_file()
        for line in file.read_bytes().splitlines()
        if b'"DigitPressed"' in line
    ]
    assert "".join(e["digit"] for e in pressed if e["call"] == row["call"]) == "????#" + "?" * len(PIN) + "#"
    await centre.nothing_left()
