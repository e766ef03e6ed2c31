"""JSON that is quick, and not stricter than the standard library where something would be lost."""

from __future__ import annotations

import json
import math

import pytest

from ivrd.jsons import dumps, exact, loads


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, True]}, "Budi Å", {"name": "half \udc80"}, 2**70, [], {"at": 1764000000.0}])
def test_what_is_written_is_read_by_the_standard_library(value: object) -> None:
    assert json.loads(dumps(value)) == json.loads(exact(value)) == value


def test_numbers_that_are_none_come_back_where_it_counts() -> None:
    assert json.loads(exact({"at": math.inf, "by": None})) == {"at": math.inf, "by": None}
    assert b"null" in dumps({"at": math.inf})  # walls: JSON knows no infinity


def test_half_a_character_of_a_callers_name_costs_no_event() -> None:
    assert loads('{"name": "\\udc80"}') == {"name": "\udc80"}


@pytest.mark.parametrize("text", ["", "{", '{"a": }', b"\xff"])
def test_what_is_no_json_is_told(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        loads(text)


def test_what_json_has_no_words_for_is_told() -> None:
    with pytest.raises(TypeError):
        dumps({"what": object()})
