"""MQTT 3.1.1 as far as a publisher needs it: packets to bytes and back. Pure.

The standard is OASIS mqtt-v3.1.1; its sections are named where a number comes from it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

#: longer than any retained state that may be there when we come (2.2.3 allows 256 MB)
PACKET_MAX_BYTES = 1 << 20
PING, DISCONNECT = b"\xc0\x00", b"\xe0\x00"
_CONNACK, _PUBLISH, _PUBACK, _SUBACK, _UNSUBACK, _PONG = 2, 3, 4, 9, 11, 13
_RETAIN, _QOS_1 = 1, 2
_NOT_GRANTED = 0x80  #: 3.9.3
#: 3.2.2.3
_REFUSALS = {
    1: "Unacceptable protocol version",
    2: "Client identifier rejected",
    3: "Server unavailable",
    4: "Bad user name or password",
    5: "Not authorised",
}


class MqttError(Exception):
    """The connection to the broker cannot be used (any more); says why."""


class Malformed(MqttError):
    """What came is not MQTT."""


class Refused(MqttError):
    """The broker took the connection and refused us; ``of_user``: because of name or password."""

    def __init__(self, code: int) -> None:
        self.of_user = code in (4, 5)
        super().__init__(_REFUSALS.get(code, f"refused with code {code}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A message of quality of service 1, to or from the broker; ``topic`` in full."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Welcome:
    """CONNACK: we are let in. When we are not, ``packets`` raises Refused."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """PUBACK of the publication with this number."""

    number: int


@dataclass(frozen=True, slots=True)
class Answered:
    """SUBACK or UNSUBACK of the question with this number; ``granted``: whether a subscription was."""

    number: int
    granted: bool = True


@dataclass(frozen=True, slots=True)
class Pong:
    """The broker is there."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message for us; ``number`` is to be confirmed, None: nothing is."""

    publication: Publication
    number: int | None


Packet = Welcome | Confirmed | Answered | Pong | Arrived


# --- to the broker


def connect(client_id: str, login: tuple[str, str] | None, keepalive_s: int, will: Publication) -> bytes:
    """CONNECT with a clean session (3.1). ``login``: user and password."""
    flags = 0x02 | 0x04 | 0x08 | (0x20 if will.retain else 0) | (0xC0 if login else 0)
    words = [client_id.encode(), will.topic.encode(), will.payload, *(word.encode() for word in login or ())]
    return _packet(0x10, _word(b"MQTT") + struct.pack("!BBH", 4, flags, keepalive_s) + b"".join(map(_word, words)))


def publish(publication: Publication, number: int) -> bytes:
    """PUBLISH, to be confirmed (3.3)."""
    head = _PUBLISH << 4 | _QOS_1 | (_RETAIN if publication.retain else 0)
    return _packet(head, _word(publication.topic.encode()) + number.to_bytes(2, "big") + publication.payload)


def puback(number: int) -> bytes:
    """PUBACK (3.4)."""
    return _packet(_PUBACK << 4, number.to_bytes(2, "big"))


def subscribe(topic_filter: str, number: int) -> bytes:
    """SUBSCRIBE to what at most has to be confirmed once (3.8)."""
    return _packet(0x82, number.to_bytes(2, "big") + _word(topic_filter.encode()) + b"\x01")


def unsubscribe(topic_filter: str, number: int) -> bytes:
    """UNSUBSCRIBE (3.10)."""
    return _packet(0xA2, number.to_bytes(2, "big") + _word(topic_filter.encode()))


def _word(data: bytes) -> bytes:
    """With its length before it (1.5.3). MqttError when it is longer than can be said."""
    if len(data) > 0xFFFF:
        raise MqttError(f"{len(data)} bytes are too many for a name or a will")
    return len(data).to_bytes(2, "big") + data


def _packet(head: int, body: bytes) -> bytes:
    """With the length of what follows, seven bits a byte (2.2.3)."""
    length, size = len(body), bytearray((head,))
    while True:
        length, seven = length >> 7, length & 0x7F
        size.append(seven | (0x80 if length else 0))
        if not length:
            return bytes(size) + body


# --- from the broker


class Reader:
    """Bytes as they come, in packets."""

    def __init__(self) -> None:
        self._rest = b""

    def packets(self, data: bytes) -> Iterator[Packet]:
        """Those that are whole now. Malformed; Refused."""
        data = self._rest + data
        at = 0
        while (found := _size(data, at)) is not None:
            body, end = found
            if end > len(data):
                break
            yield _read(data[at], data[body:end])
            at = end
        self._rest = data[at:]


def _size(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the packet that begins ``at`` has its body, and where it ends; None: that is not known yet."""
    if at < len(data) and data[at] & 0x0F and data[at] >> 4 != _PUBLISH:  # 2.2.2; said at once: most other protocols begin so
        raise Malformed(f"a packet that begins with {data[at]:#04x}: is this a broker of MQTT?")
    length = 0
    for count, byte in enumerate(data[at + 1 : at + 5]):
        length |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            if length > PACKET_MAX_BYTES:
                raise Malformed(f"a packet of {length} bytes: more than {PACKET_MAX_BYTES} are not taken")
            return at + 2 + count, at + 2 + count + length
    if len(data) - at >= 5:
        raise Malformed("a packet whose length does not end")
    return None


def _read(head: int, body: bytes) -> Packet:
    kind, flags = head >> 4, head & 0x0F
    if kind == _PUBACK and len(body) == 2:  # by far the most frequent
        return Confirmed(body[0] << 8 | body[1])
    if kind == _PUBLISH:
        return _arrived(flags, body)
    if kind == _PONG and not body:
        return Pong()
    if kind == _SUBACK and len(body) == 3:
        return Answered(body[0] << 8 | body[1], granted=body[2] != _NOT_GRANTED)
    if kind == _UNSUBACK and len(body) == 2:
        return Answered(body[0] << 8 | body[1])
    if kind == _CONNACK and len(body) == 2:
        if body[1]:
            raise Refused(body[1])
        return Welcome()
    raise Malformed(f"a packet of kind {kind} and {len(body)} bytes")


def _arrived(flags: int, body: bytes) -> Arrived:
    length = int.from_bytes(body[:2], "big")
    confirmed = flags & 0x06 == _QOS_1
    payload = 2 + length + (2 if confirmed else 0)
    if flags & 0x06 > _QOS_1 or len(body) < max(2, payload):
        raise Malformed("a publication that is cut short, or one of quality 2, which we do not ask for")
    try:
        topic = body[2 : 2 + length].decode()
    except UnicodeDecodeError as exc:
        raise Malformed("a topic that is not UTF-8") from exc
    number = int.from_bytes(body[2 + length : payload], "big") if confirmed else None
    return Arrived(Publication(topic=topic, payload=body[payload:], retain=bool(flags & _RETAIN)), number)
