"""PURE: HTTP, websocket and AMI as they pass by, as far as a bad line must understand them (rig/trouble.py)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TEXT = 1  #: opcode of a websocket frame

Frames = Callable[[Mapping[str, Any]], Sequence[float]]
"""An event frame of Asterisk -> after how many seconds it comes; nothing: it is lost, twice: it comes twice."""


def as_they_are(frame: Mapping[str, Any]) -> Sequence[float]:
    """At once, and once."""
    return (0.0,)


def lost(*kinds: str) -> Frames:
    """Events of these types never come."""
    return lambda frame: () if frame["type"] in kinds else (0.0,)


def doubled(frame: Mapping[str, Any]) -> Sequence[float]:
    """Each event comes twice, the second time a moment later, behind others."""
    return (0.0, 0.15)


def late(seconds: float) -> Frames:
    """All events come so late."""
    return lambda frame: (seconds,)


def reordered() -> Frames:
    """Every second event is overtaken by those behind it."""
    count = 0

    def next_one(frame: Mapping[str, Any]) -> Sequence[float]:
        nonlocal count
        count += 1
        return (0.2,) if count % 2 else (0.0,)

    return next_one


@dataclass(kw_only=True)
class Refusal:
    """Requests that Asterisk never sees: REST's whose "METHOD path", AMI's whose "ACTION name" is found by ``pattern``."""

    pattern: str
    status: int = 500  #: 0: no answer, ever
    first: int = 1  #: the first that is refused, of those that are met
    times: int = 10**9  #: so many are refused
    met: int = 0  #: so many have come by

    def meets(self, what: str) -> bool:
        """Whether this request is refused."""
        if not what or re.search(self.pattern, what) is None:
            return False
        self.met += 1
        return self.first <= self.met < self.first + self.times

    @property
    def refused(self) -> int:
        """So many were refused."""
        return max(0, min(self.met - self.first + 1, self.times))

    @property
    def answer(self) -> bytes:
        """What is said in Asterisk's place."""
        body = b'{"message":"Out of order"}'
        if not self.status:
            return b""
        return b"HTTP/1.1 %d Out of order\r\nContent-Length: %d\r\n\r\n" % (self.status, len(body)) + body


    def answer_to(self, packet: Packet) -> bytes:
        """The same to an action."""
        if not self.status:
            return b""
        return f"Response: Error\r\nActionID: {packet.fields.get('ActionID', '')}\r\nMessage: Out of order\r\n\r\n".encode()


@dataclass(frozen=True, kw_only=True)
class Message:
    """A whole HTTP request or answer."""

    raw: bytes
    first_line: str

    @property
    def what(self) -> str:
        """Of a request: "POST channels/x/answer"."""
        method, target, *_ = self.first_line.split(" ")
        return f"{method} {target.partition('?')[0].removeprefix('/ari/')}"

    @property
    def upgrades(self) -> bool:
        """The connection is a websocket from here on."""
        return b"upgrade: websocket" in self.raw.lower()


class Messages:
    """HTTP messages of one direction, cut where they end."""

    def __init__(self) -> None:
        self.rest = b""  #: what has not come whole; behind an upgrade, what is no HTTP any more

    def feed(self, data: bytes) -> Iterator[Message]:
        """Those that are whole now."""
        self.rest += data
        while (end := self.rest.find(_HEAD_END)) >= 0:
            head = self.rest[: end + len(_HEAD_END)]
            found = _LENGTH.search(head)
            whole = len(head) + (int(found[1]) if found else 0)
            if len(self.rest) < whole:
                return
            message = Message(raw=self.rest[:whole], first_line=head.split(b"\r\n", 1)[0].decode(errors="replace"))
            self.rest = self.rest[whole:]
            yield message
            if message.upgrades:
                return


class Events:
    """Websocket frames of a server (unmasked), cut where they end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, Mapping[str, Any] | None]]:
        """Each whole frame as it came, and the event in it; None: a ping, a pong, an end."""
        self._rest += data
        while (size := _frame_size(self._rest)) and len(self._rest) >= sum(size):
            head, length = size
            raw, self._rest = self._rest[: head + length], self._rest[head + length :]
            text = raw[0] & 0x0F == _TEXT
            yield raw, json.loads(raw[head:]) if text else None


@dataclass(frozen=True, kw_only=True)
class Packet:
    """A whole message of AMI, or its greeting."""

    raw: bytes
    fields: Mapping[str, str]

    @property
    def what(self) -> str:
        """Of an action: "ACTION MixMonitor"."""
        return f"ACTION {self.fields.get('Action', '')}"

    @property
    def event(self) -> Mapping[str, Any] | None:
        """What Asterisk says by itself, with its ``type``; None: an answer, and what belongs to one."""
        if "Event" not in self.fields or "ActionID" in self.fields:
            return None
        return {**self.fields, "type": self.fields["Event"]}


class Packets:
    """AMI of one direction, cut where messages end. The greeting is a line without an empty one behind it."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Those that are whole now."""
        self._rest += data
        while (end := self._rest.find(_end := b"\r\n" if self._rest.startswith(b"Asterisk Call Manager") else _HEAD_END)) >= 0:
            raw, self._rest = self._rest[: end + len(_end)], self._rest[end + len(_end) :]
            pairs = (line.partition(": ") for line in raw.decode(errors="replace").split("\r\n"))
            yield Packet(raw=raw, fields={key: value for key, colon, value in pairs if colon})


def _frame_size(data: bytes) -> tuple[int, int] | None:
    """Bytes of head and of content, once enough has come to tell."""
    if len(data) < 2:
        return None
    length, more = data[1] & 0x7F, {126: 2, 127: 8}.get(data[1] & 0x7F, 0)
    if len(data) < 2 + more:
        return None
    return 2 + more, int.from_bytes(data[2 : 2 + more], "big") if more else length
