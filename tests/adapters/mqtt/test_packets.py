"""MQTT 3.1.1 in bytes: examples by hand from the standard, and anything at all from a broker gone mad."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrd.adapters.mqtt import packets
from ivrd.adapters.mqtt.packets import (
    Answered,
    Arrived,
    Confirmed,
    Malformed,
    MqttError,
    Pong,
    Publication,
    Reader,
    Refused,
    Welcome,
)


def will(payload: bytes = b"off", *, retain: bool = True) -> Publication:
    return Publication(topic="a/status", payload=payload, retain=retain)


def test_hello_has_user_will_and_a_clean_session() -> None:
    assert packets.connect("ivrd-169", ("ivrd", "pw"), 10, will()) == (
        b"\x10\x2d" + b"\x00\x04MQTT\x04\xee\x00\x0a" + b"\x00\x08ivrd-169" + b"\x00\x08a/status" + b"\x00\x03off" + b"\x00\x04ivrd" + b"\x00\x02pw"
    )


def test_hello_without_a_user_and_with_a_will_that_is_not_kept() -> None:
    assert packets.connect("i", None, 0, will(retain=False)) == b"\x10\x1c" + b"\x00\x04MQTT\x04\x0e\x00\x00" + b"\x00\x01i" + b"\x00\x08a/status" + b"\x00\x03off"


@pytest.mark.parametrize(("retain", "head"), [(True, 0x33), (False, 0x32)])
def test_a_publication_is_to_be_confirmed(retain: bool, head: int) -> None:
    sent = packets.publish(Publication(topic="a/b", payload=b"{}", retain=retain), 258)
    assert sent == bytes((head, 9)) + b"\x00\x03a/b" + b"\x01\x02" + b"{}"


@pytest.mark.parametrize(("length", "said"), [(127, b"\x7f"), (128, b"\x80\x01"), (16_383, b"\xff\x7f"), (16_384, b"\x80\x80\x01")])
def test_lengths_have_seven_bits_a_byte(length: int, said: bytes) -> None:
    sent = packets.publish(Publication(topic="t", payload=b"x" * (length - 5)), 1)
    assert sent[1 : 1 + len(said)] == said
    assert len(sent) == 1 + len(said) + length


def test_questions() -> None:
    assert packets.subscribe("a/+", 7) == b"\x82\x08\x00\x07\x00\x03a/+\x01"
    assert packets.unsubscribe("a/+", 8) == b"\xa2\x07\x00\x08\x00\x03a/+"
    assert packets.puback(0x1234) == b"\x40\x02\x12\x34"


#: what a broker says -> what it means
SAID = [
    (b"\x20\x02\x01\x00", Welcome()),
    (b"\x40\x02\x01\x02", Confirmed(258)),
    (b"\x90\x03\x00\x07\x01", Answered(7)),
    (b"\x90\x03\x00\x07\x80", Answered(7, granted=False)),
    (b"\xb0\x02\x00\x08", Answered(8)),
    (b"\xd0\x00", Pong()),
    (b"\x31\x05\x00\x01tXY", Arrived(Publication(topic="t", payload=b"XY", retain=True), None)),
    (b"\x3a\x05\x00\x01t\x00\x09", Arrived(Publication(topic="t", payload=b""), 9)),  # sent again, empty
    (b"\x30\x84\x01\x00\x01t" + b"." * 129, Arrived(Publication(topic="t", payload=b"." * 129), None)),
]


@given(st.lists(st.sampled_from(SAID)), st.lists(st.integers(1, 9)))
def test_packets_are_read_however_they_are_cut(said: list[tuple[bytes, packets.Packet]], cuts: list[int]) -> None:
    data, reader = b"".join(one for one, _ in said), Reader()
    read: list[packets.Packet] = []
    for cut in cuts:
        read += reader.packets(data[:cut])
        data = data[cut:]
    read += reader.packets(data)
    assert read == [meant for _, meant in said]


@pytest.mark.parametrize(("code", "of_user"), [(1, False), (2, False), (3, False), (4, True), (5, True), (99, False)])
def test_a_refusal_says_whether_it_is_about_the_user(code: int, of_user: bool) -> None:
    with pytest.raises(Refused) as refused:
        list(Reader().packets(bytes((0x20, 2, 0, code))))
    assert refused.value.of_user is of_user
    assert str(refused.value)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\x00",
        b"\x40\x03\x00\x01\x00",  # a confirmation of MQTT 5
        b"\x30\xff\xff\xff\x7f",  # 256 MB are on their way
        b"\x30\x80\x80\x80\x80\x01",  # a length of five bytes
        b"\x30\x01\x00",  # no room for a topic
        b"\x30\x03\x00\x09t",  # the topic is longer than the packet
        b"\x32\x03\x00\x01t",  # no room for a number
        b"\x34\x05\x00\x01t\x00\x01",  # quality 2
        b"\x30\x03\x00\x01\xff",
        b"\x90\x02\x00\x01",
    ],
)
def test_what_is_not_mqtt_is_said_so(nonsense: bytes) -> None:
    with pytest.raises(Malformed):
        list(Reader().packets(nonsense))


@given(st.lists(st.binary(max_size=64)))
def test_no_bytes_at_all_do_more_harm_than_that(pieces: list[bytes]) -> None:
    reader = Reader()
    try:
        for piece in pieces:
            list(reader.packets(piece))
    except MqttError:
        pass
    assert len(reader._rest) <= 64 * len(pieces)


def test_a_will_that_is_too_long_is_said_so() -> None:
    with pytest.raises(MqttError, match="65536 bytes"):
        packets.connect("i", None, 10, will(b"x" * 65_536))
