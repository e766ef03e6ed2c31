"""Every kind of event survives the trip through its line, and the trip is short."""

from __future__ import annotations

import dataclasses
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrd.adapters.journal import BadLine, decode, encode
from ivrd.core.events import (
    EVENTS,
    BridgeSeen,
    ChannelSeen,
    DigitPressed,
    Event,
    SwitchSeen,
    Watched,
)

TEXT = st.text(max_size=20)
VALUES = {
    "str": TEXT,
    "int": st.integers(),
    "float": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "dict[str, bool | int | float | str]": st.dictionaries(
        TEXT, st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT, max_size=3
    ),
    "dict[str, int]": st.dictionaries(TEXT, st.integers(), max_size=3),
    "tuple[str, ...]": st.lists(TEXT, max_size=3).map(tuple),
}


def instances(cls: type) -> st.SearchStrategy:
    """Any instance of a dataclass of core.events."""
    values = dict(VALUES)
    if cls is SwitchSeen:
        values["tuple[ChannelSeen, ...]"] = st.lists(instances(ChannelSeen), max_size=3).map(tuple)
        values["tuple[BridgeSeen, ...]"] = st.lists(instances(BridgeSeen), max_size=3).map(tuple)
        values["tuple[Watched, ...]"] = st.lists(instances(Watched), max_size=3).map(tuple)
    return st.builds(cls, **{f.name: values[str(f.type)] for f in dataclasses.fields(cls)})


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_read_back_is_the_event_written(name: str) -> None:
    @given(instances(EVENTS[name]))
    def trip(event: Event) -> None:
        line = encode(event)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        read = decode(line)
        assert read == event
        assert type(read) is type(event)

    trip()


def test_what_the_switch_holds_reads_back_as_tuples_of_facts() -> None:
    seen = SwitchSeen(
        at=1.5,
        channels=(ChannelSeen(channel="1.1", state="Up", role="call", did="169"),),
        bridges=(BridgeSeen(bridge="1.1.bridge", channels=("1.1", "1.1.agent-101.1")),),
    )
    assert decode(encode(seen)) == seen


def test_a_lone_surrogate_in_a_name_does_not_stop_the_journal() -> None:
    event = DigitPressed(at=1.0, call="\ud800", channel="c", digit="1")
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"at":1}', "unknown event None"),
        (b'{"e":["x"],"at":1}', "unknown event"),
        (b'{"e":"Nonsense","at":1}', "unknown event 'Nonsense'"),
        (b'{"e":"TimerFired","at":1}', "TimerFired does not fit"),
        (b'{"e":"DrainAsked","at":1,"more":2}', "DrainAsked does not fit"),
        (b'{"e":"SwitchSeen","at":1,"channels":5}', "SwitchSeen does not fit"),
        (b'{"e":"SwitchSeen","at":1,"channels":[5]}', "SwitchSeen does not fit"),
    ],
)
def test_a_line_that_is_no_event_says_why(line: bytes, why: str) -> None:
    with pytest.raises(BadLine, match=why.replace("[", r"\[")):
        decode(line)


def test_an_event_that_could_not_be_read_back_is_refused() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Stray(Event):
        pass

    with pytest.raises(BadLine, match="Stray is not in"):
        encode(Stray(at=1.0))


def test_a_simple_event_costs_far_less_than_a_call_can_notice() -> None:
    """Budget 10 us; asserted at five times that, so that a busy machine does not fail it."""
    event = DigitPressed(at=1764000000.123, call="1764.12", channel="1764.12", digit="1")
    best_s = min(timeit.repeat(lambda: encode(event), number=2000, repeat=5)) / 2000
    assert best_s < 50e-6
