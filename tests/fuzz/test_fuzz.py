"""A few thousand spoilt inputs of each kind; ``python -m bench.fuzz --count 1000000`` is the long one."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest
import structlog

from bench import fuzz, fuzz_port
from ivrd.adapters.http import door
from ivrd.errors import ConfigError
from ivrd.settings import yamltext


async def test_what_comes_from_outside_raises_nothing_and_leaves_nothing_behind() -> None:
    said: list[str] = []
    with structlog.testing.capture_logs():
        assert await fuzz.fuzz(6000, 1, said.append) == 0, "\n".join(said)
    for name in ("yaml", "ari", "ami", "http", "service", "mqtt", "port", "request"):
        assert any(line.startswith(f"{name} ") for line in said), said


@pytest.mark.parametrize(
    ("target", "data"),
    [
        ("ari", b'{"a":' * 5000),
        ("ari", b"[" * 100_000),
        ("ari", json.dumps({"type": "StasisStart", "channel": []}).encode()),
        ("ami", b"Event: DeviceStateChange\r\nDevice: PJSIP/101\r\nDevice: PJSIP/101\r\nState: INUSE\r\n\r\n"),
        ("ami", b"ActionID: 1\r\nActionID: 1\r\nResponse: Success\r\n\r\n"),
        ("ami", b"Event: InvalidPassword\r\nRemoteAddress: a\r\nRemoteAddress: b\r\n\r\n"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"),
        ("http", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000),
        ("mqtt", b"\x30\xff\xff\xff\x7f"),
        ("mqtt", b"\x30\xff\xff\xff\xff\xff"),
        ("mqtt", b"\x30\x03\xff\xff\x00"),
        ("mqtt", b"\x30\x04\x00\x02\xff\xfe"),
        ("mqtt", b"\x20\x02\x00\x63"),
        ("mqtt", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("service", b"[" * 100_000),
        ("service", b'{"status": ' + b"9" * 5000 + b"}"),
    ],
)
async def test_what_fuzzing_once_found(target: str, data: bytes) -> None:
    targets: dict[str, Any] = {
        "ari": fuzz.AriPeer(), "ami": fuzz.AmiPeer(), "http": fuzz.http_answer, "service": fuzz.service_answer, "mqtt": fuzz.broker,
    }  # fmt: skip
    with structlog.testing.capture_logs():
        assert targets[target](data) == "refused" or target == "ami"


def test_a_connection_outlives_a_strange_message() -> None:
    peer = fuzz.AmiPeer()
    twice = b"Event: DeviceStateChange\r\nDevice: PJSIP/101\r\nDevice: PJSIP/101\r\nState: INUSE\r\n\r\n"
    good = b"Event: DeviceStateChange\r\nDevice: PJSIP/101\r\nState: INUSE\r\n\r\n"
    with structlog.testing.capture_logs() as lines:
        assert peer(twice + good) == "taken"
        assert peer._told == 2
    assert [line["event"] for line in lines] == ["message not understood"]


def test_laughter_is_cut_short() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(ConfigError, match="aliases that multiply"):
        yamltext.loads("\n".join(lines), "bomb.yaml")
    for bomb in ("[" * 100_000, "a: &a [*a]", "{" * 50_000, "- " * 50_000):
        with pytest.raises(ConfigError):
            yamltext.loads(bomb, "bomb.yaml")


@pytest.mark.parametrize(
    "data",
    [
        fuzz_port.request(b"POST", b"/agents/101/pause", b"[" * 3900),
        fuzz_port.request(b"POST", b"/agents/101/pause", b'{"reason": "\\ud800"}'),
        fuzz_port.request(b"POST", b"/agents/101/pause", b"\xff\xfe"),
        fuzz_port.request(b"POST", b"/agents/101/pause", b"\x1f\x8b", headers=[b"Content-Encoding: gzip"]),
        fuzz_port.request(b"POST", b"/agents/101/pause", b"x", headers=[b"Transfer-Encoding: chunked"]).replace(b"Content-Length: 1", b"A: 1"),
        fuzz_port.request(b"PUT", b"/agents/101/contacts/\xff", b'{"kind": "chat"}'),
        fuzz_port.request(b"GET", b"/calls/\xff/why"),
        fuzz_port.request(b"GET", b"/agents/101", token=False, headers=[b"Authorization: Bearer \xff\xfe"]),
        b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["nested", "surrogate", "not-utf8", "not-gzip", "bad-chunk", "odd-contact", "odd-call", "odd-token", "odd-length", "tls"],
)
async def test_what_fuzzing_found_on_the_port(data: bytes) -> None:
    with structlog.testing.capture_logs():
        async with fuzz_port.port() as port:
            assert await port(data) != "taken"
            assert await port(fuzz_port.request(b"GET", b"/health")) == "taken", "it goes on"


async def test_a_charset_that_does_not_exist_is_passed_over() -> None:
    with structlog.testing.capture_logs():
        async with fuzz_port.port() as port:
            odd = [b"Content-Type: text/plain; charset=nonsense"]
            assert await port(fuzz_port.request(b"POST", b"/agents/101/pause", b"{}", headers=odd)) == "taken"


async def test_a_compressed_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 3_000_000)
    assert len(bomb) < 4096
    with structlog.testing.capture_logs():
        async with fuzz_port.port() as port:
            assert await port(fuzz_port.request(b"POST", b"/agents/101/pause", bomb, headers=[b"Content-Encoding: gzip"])) == "refused"


async def test_one_connection_too_many_is_told_so_and_there_is_room_again_when_others_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "CONNECTIONS_MAX", 20)
    async with fuzz_port.port() as port, asyncio.timeout(10):
        before = fuzz_port.counted()
        crowd = [await asyncio.open_connection("127.0.0.1", port.number) for _ in range(20)]
        reader, last = await asyncio.open_connection("127.0.0.1", port.number)
        assert (await reader.read()).startswith(b"HTTP/1.1 503 "), "told and closed"
        last.close()
        for _, writer in crowd:
            writer.transport.abort()
        del crowd, writer, reader, last
        assert await port.settled(*before) == ""
        assert await port(fuzz_port.request(b"GET", b"/health")) == "taken"


async def test_hundreds_who_say_nothing_leave_nothing_behind() -> None:
    async with fuzz_port.port() as port:
        before = fuzz_port.counted()
        crowd = [await asyncio.open_connection("127.0.0.1", port.number) for _ in range(300)]
        for _, writer in crowd:
            writer.write(b"GET /hea")
        assert await port(fuzz_port.request(b"GET", b"/health")) == "taken"
        for _, writer in crowd:
            writer.transport.abort()
        del crowd, writer
        assert await port.settled(*before) == ""
