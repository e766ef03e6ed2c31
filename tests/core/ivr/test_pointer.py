"""JSON Pointer: the examples of RFC 6901, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ivrd.core.ivr import pointer

DOCUMENT: dict[str, Any] = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", DOCUMENT), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2),
        ("/e^f", 3), ("/g|h", 4), ("/i\\j", 5), ('/k"l', 6), ("/ ", 7), ("/m~0n", 8),
    ],
)  # fmt: skip
def test_the_examples_of_the_rfc(text: str, value: object) -> None:
    assert pointer.fault(text) == ""
    assert pointer.resolve(DOCUMENT, text) == value


@pytest.mark.parametrize("text", ["/no", "/foo/2", "/foo/-", "/foo/00", "/foo/x", "/foo/0/x"])
def test_nothing_there(text: str) -> None:
    with pytest.raises(LookupError):
        pointer.resolve(DOCUMENT, text)


@pytest.mark.parametrize("text", ["foo", "/a~2", "/a~"])
def test_wrong_spelling(text: str) -> None:
    assert pointer.fault(text)
