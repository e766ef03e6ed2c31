"""YAML 1.2's core schema, with the place of every key, and no way to be blown up by a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivrd.errors import ConfigError, Fault
from ivrd.settings import yamltext


def fault(text: str) -> Fault:
    with pytest.raises(ConfigError) as caught:
        yamltext.loads(text, "f.yaml")
    assert len(caught.value.faults) == 1
    return caught.value.faults[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("08:00", "08:00"),
        ("17:00", "17:00"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("0812", "0812"),
        ("00", "00"),
        ("+62812", 62812),
        ("-5", -5),
        ("0", 0),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("12345678901234567890", "12345678901234567890"),
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("1.0e3", 1000.0),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("2026-11-24", "2026-11-24"),
        ('"true"', "true"),
        ("'5'", "5"),
        ("<<", "<<"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: Any) -> None:
    data = yamltext.loads(f"k: {text}\n", "f.yaml").data
    assert data == {"k": value}
    assert type(data["k"]) is type(value)


def test_every_key_and_item_has_its_place() -> None:
    doc = yamltext.loads("a: 1\nb:\n  c: [x, y]\n  d: {e: 2}\n", "f.yaml")
    assert doc.place("a") == (1, 1)
    assert doc.place("b", "c") == (3, 3)
    assert doc.place("b", "c", 1) == (3, 10)
    assert doc.place("b", "d", "e") == (4, 7)
    assert doc.place("b", "d", "nowhere", "at all") == (4, 3), "the nearest that exists"
    assert doc.place() == (1, 1)
    assert str(doc.fault(("b", "c"), "wrong", "do this")) == "f.yaml:3:3: wrong\n    do this"


def test_an_empty_file_is_nothing() -> None:
    assert yamltext.loads("# only a comment\n", "f.yaml").data is None
    assert yamltext.loads("", "f.yaml").place("a") == (1, 1)


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", '1: x\n"1": y\n'])
def test_a_key_listed_twice_is_a_fault_at_the_second(text: str) -> None:
    """1 and "1" are one key to everything that reads these files."""
    found = fault(text)
    assert (found.line, found.column) == (2, 1)
    assert "is listed twice" in found.message


@pytest.mark.parametrize("text", ["? [a]\n: 1\n", "1.5: x\n", "true: x\n", "~: x\n"])
def test_a_key_must_be_a_word_or_a_whole_number(text: str) -> None:
    assert fault(text).message == "a key must be a word or a whole number"


def test_all_faults_of_a_file_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        yamltext.loads("a: 1\na: 2\n1.5: x\n", "f.yaml")
    assert [f.line for f in caught.value.faults] == [2, 3]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a: [1\nb: 2\n", 2, 2), ("a: *nobody\n", 1, 4), ("\tа: 1\n", 1, 1), ("a: b: c\n", 1, 5), ("a: 'x\n", 2, 1)],
)
def test_bad_yaml_is_a_fault_where_it_breaks(text: str, line: int, column: int) -> None:
    found = fault(text)
    assert found.message.startswith("not valid YAML: ")
    assert (found.line, found.column) == (line, column)


def test_two_documents_in_one_file_are_a_fault() -> None:
    assert fault("a: 1\n---\nb: 2\n").message.startswith("not valid YAML")


@pytest.mark.parametrize("text", ["k: !!int x\n", "k: !!float x\n", "k: !!int 1.5\n"])
def test_a_tag_that_its_text_does_not_fit_is_a_fault(text: str) -> None:
    found = fault(text)
    assert (found.line, found.column) == (1, 4)
    assert "is not a number" in found.message


def test_a_key_with_such_a_tag_is_a_fault_too() -> None:
    assert fault("!!int x: 1\n").message == "a key must be a word or a whole number"


@pytest.mark.parametrize("text", ["k: !!python/object/apply:os.system [ls]\n", "k: !x 1\n", "k: !!binary aGk=\n"])
def test_other_tags_make_nothing_but_plain_data(text: str) -> None:
    assert yamltext.loads(text, "f.yaml").data["k"] in (["ls"], "1", "aGk=")


def test_aliases_that_multiply_are_refused_before_they_do() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for name, of in zip("bcdefgh", "abcdefg", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{of}'] * 10)}]\n"
    assert "too deep or too large" in fault(bomb).message


def test_an_alias_of_itself_is_refused() -> None:
    assert "too deep or too large" in fault("a: &a [*a]\n").message


@pytest.mark.parametrize("depth", [60, 5000, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert "deep" in fault("a: " + "[" * depth + "]" * depth).message


def test_a_file_that_is_not_there_or_not_text_is_a_fault(tmp_path: Path) -> None:
    for name, content, words in [("a", None, "does not exist"), ("b", b"\xff\xfe\x00", "cannot be read"), ("c", b"a: \x00", "not valid YAML")]:
        path = tmp_path / f"{name}.yaml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigError, match=words) as caught:
            yamltext.load(path)
        assert str(caught.value).startswith(str(path))
    with pytest.raises(ConfigError, match="cannot be read"):
        yamltext.load(tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert yamltext.load(path).data == {"a": 1}
