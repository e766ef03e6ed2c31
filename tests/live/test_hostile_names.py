"""Callers whose name or number is an attack: served or refused, kept clean, named nowhere, and the next caller is served."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

_ANSWER_S = 3.0
SQL = "Robert'); DROP TABLE cdr;--"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LOG_FORGERY = 'x", "event": "access refused by asterisk", "address": "198.51.100.9'


class RawCaller:
    """A carrier that sends what it likes: one INVITE by UDP, and the end of what comes of it."""

    def __init__(self, registrar: str, name: str | bytes, user: str | bytes) -> None:
        host, _, port = registrar.partition(":")
        self._there = host, int(port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.setblocking(False)
        self._own = self._socket.getsockname()[1]
        self._from = b'From: "%s" <sip:%s@%s>;tag=h%d' % (_bytes(name), _bytes(user), host.encode(), self._own)

    def close(self) -> None:
        self._socket.close()

    async def dial(self) -> int:
        """The final status, the call ended again; 0: no answer at all."""
        host, own = self._there[0], self._own
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {own} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        ).encode()
        contact = f"Contact: <sip:{host}:{own}>\r\nContent-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n".encode()
        await self._send(b"INVITE", f"sip:169@{host}", "1", b"<sip:169@%s>" % host.encode(), contact + sdp)
        try:
            async with asyncio.timeout(_ANSWER_S):
                status, answer = await self._final("INVITE")
        except TimeoutError:
            return 0
        there = _header(answer, "To")
        await self._send(b"ACK", f"sip:169@{host}", "1" if status >= 300 else "2", there, b"Content-Length: 0\r\n\r\n")
        if status < 300:
            await self._send(b"BYE", f"sip:{host}:{self._there[1]}", "3", there, b"Content-Length: 0\r\n\r\n")
            async with asyncio.timeout(_ANSWER_S):
                assert (await self._final("BYE"))[0] == 200
        return status

    async def _send(self, method: bytes, uri: str, branch: str, to: bytes, rest: bytes) -> None:
        host, own = self._there[0], self._own
        number = 2 if method == b"BYE" else 1
        head = (
            f" {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{own};branch=z9hG4bKh{own}{branch};rport\r\nMax-Forwards: 70\r\n"
            f"Call-ID: hostile{own}\r\nCSeq: {number} "
        ).encode()
        data = method + head + method + b"\r\n" + self._from + b"\r\nTo: " + to + b"\r\n" + rest
        await asyncio.get_running_loop().sock_sendto(self._socket, data, self._there)

    async def _final(self, method: str) -> tuple[int, bytes]:
        while True:
            answer = await asyncio.get_running_loop().sock_recv(self._socket, 65536)
            if (found := re.match(rb"SIP/2\.0 (\d+)", answer)) and int(found[1]) >= 200 and method.encode() in _header(answer, "CSeq"):
                return int(found[1]), answer


def _header(message: bytes, name: str) -> bytes:
    found = re.search(rb"(?mi)^%s: *(.*)\r$" % name.encode(), message)
    assert found, message
    return found[1]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.replace("\\", "\\\\").replace('"', '\\"').encode()


async def attack(centre: Centre, name: str | bytes, user: str | bytes) -> int:
    caller = RawCaller(centre.site.registrar, name, user)
    try:
        return await caller.dial()
    finally:
        caller.close()


def rows_like(centre: Centre, number: str) -> list[dict[str, Any]]:
    store = centre.site.root / "var" / "state" / "cdr.db"
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM cdr WHERE caller_number LIKE ?", (f"%{number}%",))
        return [dict(row) for row in found]


def log_of(centre: Centre) -> str:
    """Every line is JSON, and no line is a traceback's."""
    text = (centre.site.logs / "ivrd.log").read_text()
    for line in text.splitlines():
        assert isinstance(json.loads(line), dict), line
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize(
    ("number", "name", "kept"),
    [
        ("081770000001", SQL, SQL),
        ("081770000002", MARKUP, MARKUP[:80]),
        ("081770000003", LOG_FORGERY, LOG_FORGERY.replace('"', '\\"')),  # as Asterisk tells it: still escaped
        ("081770000004", b"red \x1b[31m\x07\x08 bell", None),
        ("081770000005", b"\xff\xfe\xc0\x80 \xe2\x80\xaeevil", None),
        ("081770000006", "${SHELL(id)} $[1+1] %n %s", "${SHELL(id)} $[1+1] %n %s"),
        ("081770000007", "N" * 10_240, None),
        ("081770000008", b"nul\x00inside", None),
        ("081770000009", b'half \\" open', None),
    ],
    ids=["sql", "markup", "forgery", "terminal", "bytes", "dialplan", "10kB", "nul", "quote"],
)
async def test_a_name_that_attacks(centre: Centre, number: str, name: str | bytes, kept: str | None) -> None:
    centre.numbers.append(number)
    status = await attack(centre, name, number)
    assert status == 200, "an odd name is no reason to refuse a call"
    row = await centre.row(number)
    assert kept is None or row["caller_name"] == kept
    assert row["caller_name"].isprintable()
    assert len(row["caller_name"]) <= 80
    assert number not in log_of(centre), "masked"
    await centre.nothing_left()


@pytest.mark.parametrize(
    ("mark", "user"),
    [
        ("0817711", "0817711%27%3B%20DROP%20TABLE%20cdr%3B--"),
        ("0817712", "0817712%0d%0aX:%20y%00%1b[31m"),
        ("0817713", "0817713" + "9" * 10_000),
        ("0817714", "0817714~169~0~0~0"),
        ("0817715", "=cmd|calc!0817715"),
    ],
    ids=["sql", "control", "10kB", "note", "formula"],
)
async def test_a_number_that_attacks(centre: Centre, mark: str, user: str) -> None:
    status = await attack(centre, "x", user)
    assert status == 200 or status == 0 or status >= 400, status
    if status == 200:
        await centre.until(lambda: len(rows_like(centre, mark)) == 1, 10)
        [row] = rows_like(centre, mark)
        assert row["caller_number"].isprintable()
        assert len(row["caller_number"]) <= 80
    log_of(centre)
    await centre.nothing_left()


async def test_afterwards_everybody_is_served(centre: Centre) -> None:
    agent = await centre.agent("101")
    caller, at_agent = await centre.conversation(agent)
    await caller.hang_up()
    await at_agent.ended()
    assert (await centre.row(disposition="answered"))["agent"] == "101"
    assert centre.wall_faults() == []
