"""``python -m bench.fuzz --count N``: what comes from outside, spoilt at random: no traceback, no growth, no leak.

Seeded: the same --seed and --count try the same inputs; an input that is not survived is printed with the seed that makes
it. Targets: YAML as an admin writes it, frames of ARI, messages of AMI, answers of Asterisk's HTTP server, answers of services, packets of a broker,
raw bytes on the port of ivrd's own HTTP server (fuzz_port.py), and odd values in requests to it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import inspect
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import structlog

from bench import fuzz_port
from ivrd.adapters.ami.client import AmiClient
from ivrd.adapters.ami.connection import _WholeMessages
from ivrd.adapters.ari.http import _Connection
from ivrd.adapters.ari.link import Link
from ivrd.adapters.ari.wire import translate
from ivrd.adapters.dip.answer import Unusable, values
from ivrd.adapters.mqtt import packets
from ivrd.errors import ConfigError, StartError
from ivrd.settings import yamltext
from ivrd.settings.site import Ami, Ari
from rig.tools import REPOSITORY

#: what parsers have stumbled over before
_ODD = (
    b"\x00", b"\xff\xfe", b"\r\n\r\n", b"\r\n", b"'; DROP TABLE cdr; --", b"<script>alert(1)</script>", b"${SHELL(id)}", b"&a *a",
    b"\xe2\x80\xae", b"-1", b"9" * 5000, b"NaN", b"1e400", b"[" * 3000, b"{" * 3000, b'{"a":' * 3000, b"A" * 10_240, b"\\ud800", b"%n",
)  # fmt: skip
#: growth of the process that counts as a leak, after the first tenth has filled caches
GROWTH_MAX_KB = 32 * 1024
_SEED_STEP = 1_000_003
Target = Callable[[bytes], str | Awaitable[str]]


def spoil(source: bytes, dice: random.Random) -> bytes:
    """``source`` with one to four changes."""
    data = bytearray(source)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0:
                data[at:at] = dice.choice(_ODD)
            case 1:
                del data[at : at + dice.randint(1, 30)]
            case 2 if data:
                data[at % len(data)] = dice.randrange(256)
            case 3:
                begin = dice.randrange(len(data) + 1)
                data[at:at] = data[begin : begin + 40]
            case 4:
                data[at:at] = dice.randbytes(dice.randint(1, 20))
            case _:
                del data[at:]
    return bytes(data)


# --- targets: each says how it went; what it raises was not survived


def yaml_file(data: bytes) -> str:
    """A configuration file."""
    try:
        yamltext.loads(data.decode("utf-8", "replace"), "fuzz.yaml")
    except ConfigError as exc:
        return "refused" if all(str(fault) for fault in exc.faults) else "FAILED without words"
    return "taken"


class AriPeer:
    """The websocket's reader, which must live through every frame."""

    def __init__(self) -> None:
        self._link = Link(Ari(), SimpleNamespace(), _QUIET)  # type: ignore[arg-type]

    def __call__(self, data: bytes) -> str:
        taken = False

        def translated(frame: dict[str, Any]) -> None:
            nonlocal taken
            translate(frame, 0.0)
            taken = True

        try:
            self._link._read(data.decode("utf-8", "replace"), translated)
        except StartError:  # "another controller has taken over": said by a spoilt type, and meant to end us
            return "refused"
        return "taken" if taken else "refused"


def http_answer(data: bytes) -> str:
    """Bytes that Asterisk's HTTP server might send; one connection each."""
    connection = _Connection(set())
    connection.connection_made(SimpleNamespace(write=len, abort=lambda: None))  # type: ignore[arg-type]
    done = connection.ask([b""])
    half = len(data) // 2
    for part in (data[:half], data[half:]):
        connection.data_received(part)
    connection.connection_lost(None)
    assert done.done()
    return "refused" if done.exception() else "taken"


class AmiPeer:
    """A connection that only listens, and the client that is told of events."""

    def __init__(self) -> None:
        clock: Any = SimpleNamespace(now=lambda: 0.0)
        self._client = AmiClient(Ami(), "secret", lambda event: None, clock, _QUIET, ["101"])
        self._told = 0

    def __call__(self, data: bytes) -> str:
        protocol: Any = _WholeMessages()
        protocol.connection_made(SimpleNamespace(write=len, close=_nothing, abort=_nothing))
        protocol.factory = SimpleNamespace(dispatch=self._dispatch, connection_lost=_nothing, forgetable_actions=(), awaiting_actions=[])
        self._told = 0
        protocol.data_received(data)
        return "taken" if self._told else "refused"

    def _dispatch(self, event: Any) -> None:
        self._told += 1
        self._client._on_event(event)


def service_answer(data: bytes) -> str:
    """The body of a service that a dialplan asks."""
    try:
        values(data, {"status": "/status", "deep": "/a/b/0"})
    except Unusable:
        return "refused"
    return "taken"


def broker(data: bytes) -> str:
    """What a broker might send; in pieces, which must mean what the whole does. Only MqttError, and no more kept than one packet."""
    whole = _packets([data])
    dice = random.Random(data)
    ends = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randint(1, 4)))
    assert _packets([data[a:b] for a, b in pairwise([0, *ends, len(data)])]) == whole, "in pieces it is another message"
    return "taken" if whole and not isinstance(whole[-1], str) else "refused"


def _packets(parts: Sequence[bytes]) -> list[packets.Packet | str]:
    """Those that were whole; at the end why the connection is over, if it is."""
    reader, found = packets.Reader(), list[packets.Packet | str]()
    try:
        for part in parts:
            for packet in reader.packets(part):
                found.append(packet)  # those before a bad one count
            assert len(reader._rest) <= packets.PACKET_MAX_BYTES + 5, "more is kept than a packet"
    except packets.MqttError as exc:
        found.append(str(exc))
    return found


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent


_QUIET: Any = structlog.wrap_logger(None, processors=[_drop])


def _nothing(*_args: Any) -> None:
    return None


def sources(name: str) -> list[bytes]:
    """Good inputs, to be spoilt."""
    match name:
        case "yaml":
            files = [*(REPOSITORY / "config").glob("*.yaml"), *(REPOSITORY / "dialplans").glob("*.yaml")]
            # parts of files: a whole one takes 30 ms, and the same is in all of it
            return [part for file in sorted(files) for part in _cut(file.read_bytes(), 600)]
        case "ari":
            frames = sorted((REPOSITORY / "tests" / "adapters" / "ari" / "frames").glob("*.jsonl"))
            return [line for file in frames for line in file.read_bytes().splitlines() if line]
        case "http":
            body = json.dumps({"id": "1.1", "state": "Up"}).encode()
            return [
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body),
                b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
            ]
        case "ami":
            return [
                b"Event: ContactStatus\r\nURI: sip:101@127.0.0.1\r\nContactStatus: Reachable\r\nAOR: 101\r\nEndpointName: 101\r\n\r\n",
                b"Event: InvalidPassword\r\nService: PJSIP\r\nAccountID: 101\r\nRemoteAddress: IPV4/UDP/203.0.113.7/5060\r\n\r\n",
                b"Event: DeviceStateChange\r\nDevice: PJSIP/101\r\nState: INUSE\r\n\r\n",
                b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n",
            ]
        case "mqtt":
            retained = packets.Publication(topic="ivrd/169/v1/queue/umum/state", payload=b'{"waiting": 2}', retain=True)
            acks = b"".join(bytes((0x40, 2)) + number.to_bytes(2, "big") for number in range(1, 11))
            welcome, granted = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"
            long = packets.publish(packets.Publication(topic="a/b", payload=b"x" * 40_000), 2)
            return [welcome + granted, acks, packets.publish(retained, 7), b"\xd0\x00" + acks, granted + long + b"\xb0\x02\x00\x03", b"\x20\x02\x00\x05"]
        case "port":
            return fuzz_port.requests()
    return [b'{"status": "ok", "a": {"b": [1, 2]}}', b'{"status": null, "a": {"b": ["x"]}}']


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _targets(port: Target) -> dict[str, Target]:
    parsers = {"yaml": yaml_file, "ari": AriPeer(), "ami": AmiPeer(), "http": http_answer, "service": service_answer, "mqtt": broker}
    return {**parsers, "port": port, "request": port}


#: of a hundred inputs: YAML is slow and read by admins' own hand; each of port and request is a connection
_SHARE = {"yaml": 2, "ari": 28, "ami": 17, "http": 17, "service": 13, "mqtt": 17, "port": 3, "request": 3}


async def fuzz(count: int, seed: int, say: Callable[[str], None]) -> int:
    """How many inputs were not survived; memory that grew, and tasks or descriptors left behind, count as one."""
    failed = 0
    try:
        async with fuzz_port.port() as port:
            failed = await _fuzz(count, seed, say, _targets(port))
    except AssertionError as exc:  # what the port left behind
        say(f"port: {exc}")
        failed += 1
    return failed


async def _fuzz(count: int, seed: int, say: Callable[[str], None], targets: dict[str, Target]) -> int:
    outcomes, failed = Counter[tuple[str, str]](), 0
    started, settled_kb = time.monotonic(), 0
    goods = {name: sources(name) for name in targets}
    names = [name for name, share in _SHARE.items() for _ in range(share)]
    for number in range(count):
        dice = random.Random(seed * _SEED_STEP + number)
        name = dice.choice(names)
        data = fuzz_port.hostile(dice) if name == "request" else spoil(dice.choice(goods[name]), dice)
        try:
            said = targets[name](data)
            outcomes[name, await said if inspect.isawaitable(said) else said] += 1
        except Exception as exc:
            failed += 1
            outcomes[name, "FAILED"] += 1
            if failed <= 20:
                say(f"{name}: --seed {seed} input {number}: {type(exc).__name__}: {str(exc)[:160]} from {data[:80]!r}")
        if number % 1000 == 0:
            await asyncio.sleep(0)
        if number == count // 10:
            gc.collect()
            settled_kb = _rss_kb()
    gc.collect()
    grown_kb = _rss_kb() - settled_kb
    for (name, outcome), n in sorted(outcomes.items()):
        say(f"{name:8} {outcome:8} {n}")
    say(f"{count} inputs, {failed} not survived, {grown_kb} kB more memory, {time.monotonic() - started:.0f} s, peak {_peak_kb()} kB")
    if grown_kb > GROWTH_MAX_KB:
        say(f"memory grew by more than {GROWTH_MAX_KB} kB")
        failed += 1
    return failed


def _rss_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(argv: Sequence[str] | None = None) -> int:
    """1 when anything was not survived."""
    structlog.configure(processors=[_drop])  # what is not understood is logged: not a hundred thousand times
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=169)
    args = parser.parse_args(argv)
    return 1 if asyncio.run(fuzz(args.count, args.seed, print)) else 0


if __name__ == "__main__":
    sys.exit(main())
