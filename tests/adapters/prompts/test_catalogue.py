"""Faults of prompts/catalogue.yaml, each at its place."""

from pathlib import Path

import pytest

from ivrd.adapters.prompts import catalogue, spoken
from ivrd.errors import ConfigError, Fault

SHIPPED = Path(__file__).parents[3] / "prompts" / catalogue.FILE
PARTS = "".join(
    f"{key}: {{ {', '.join(f'{lang}: x' for lang in langs)}, languages: [{', '.join(langs)}] }}\n"
    for key in sorted(spoken.vocabulary("id") | spoken.vocabulary("en"))
    for langs in [[lang for lang in ("id", "en") if key in spoken.vocabulary(lang)]]
)


def load(tmp_path: Path, text: str, parts: str = PARTS) -> catalogue.Catalogue:
    file = tmp_path / catalogue.FILE
    file.write_text(text + parts, encoding="utf-8")
    return catalogue.load(file, ["id", "en"])


def faults(tmp_path: Path, text: str, parts: str = PARTS) -> list[Fault]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, parts)
    assert {f.file for f in caught.value.faults} == {str(tmp_path / catalogue.FILE)}
    return caught.value.faults


def test_texts_by_key_and_language(tmp_path: Path) -> None:
    texts = load(tmp_path, "hello:\n  id: ' Halo. '\n  en: Hello.\n  note: warmly\n")
    assert texts.text("hello", "id") == "Halo."
    assert texts.text("hello", "en") == "Hello."
    assert texts.text("hello", "zh") is None
    assert texts.text("bye", "id") is None
    assert texts.entries["hello"].note == "warmly"


def test_words_that_yaml_1_1_takes_for_booleans_are_texts(tmp_path: Path) -> None:
    assert load(tmp_path, "ok: { id: ya, en: yes }\n").text("ok", "en") == "yes"


def test_prompts_lists_only_what_has_a_text(tmp_path: Path) -> None:
    texts = load(tmp_path, "satu: { id: satu, languages: [id] }\n")
    assert ("satu", "id") in texts.prompts(["id", "en"])
    assert ("satu", "en") not in texts.prompts(["id", "en"])


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("hello:\n  id: Halo.\n", 1, 1, "'hello' has no text in 'en'", "languages: [...]"),
        ("hello:\n  id: Halo.\n  en: ''\n", 3, 3, "empty text in 'en'", ""),
        ("hello:\n  id: Halo.\n  en: 12\n", 3, 3, "must be text", "quotes"),
        ("hello:\n  id: Halo.\n  en: -v Hello\n", 3, 3, "begin with a dash", ""),
        ("a: {id: x, en: x, nota: x}\n", 1, 19, "unknown field 'nota'", "did you mean 'note'?"),
        ("a: {id: x, en: x, note: 1}\n", 1, 19, "must be text", ""),
        ("a: {id: x, languages: [jv]}\n", 1, 12, "must be a list of: id, en", ""),
        ("a: {id: x, languages: [id, en]}\n", 1, 1, "no text in 'en'", ""),
        ("Hello_1: {id: x, en: x}\n", 1, 1, "'Hello_1' is not a key", "small letters"),
        ("7: {id: x, en: x}\n", 1, 1, "'7' is not a key", "small letters"),
        ("a: Halo.\n", 1, 1, "must hold a text per language", ""),
        ("a: {id: x, en: x}\na: {id: y, en: y}\n", 2, 1, "'a' is listed twice", ""),
    ],
)  # fmt: skip
def test_a_fault_names_its_place(
    tmp_path: Path, text: str, line: int, column: int, message: str, hint: str
) -> None:
    (fault,) = faults(tmp_path, text)
    assert (fault.line, fault.column) == (line, column)
    assert message in fault.message
    assert hint in fault.hint


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, "a:\n  id: ''\n  en: ''\nb:\n  id: x\n")
    assert [(f.line, f.column) for f in found] == [(2, 3), (3, 3), (4, 1)]


def test_a_part_of_numbers_that_is_missing_is_a_fault(tmp_path: Path) -> None:
    without = "".join(p for p in PARTS.splitlines(True) if not p.startswith("word-satu:"))
    (fault,) = faults(tmp_path, "", without)
    assert "'word-satu' is missing in 'id'" in fault.message
    assert "word-satu" in fault.hint


def test_a_part_that_lacks_one_of_its_languages_is_a_fault(tmp_path: Path) -> None:
    other = PARTS.replace(
        "word-april: { id: x, en: x, languages: [id, en] }",
        "word-april: { id: x, languages: [id] }",
    )
    assert other != PARTS
    (fault,) = faults(tmp_path, "", other)
    assert "'word-april' has no text in 'en'" in fault.message


def test_an_empty_file_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "", "")
    assert "list of keys" in fault.message


def test_a_site_with_one_language_needs_only_that(tmp_path: Path) -> None:
    file = tmp_path / catalogue.FILE
    file.write_text("hello: { id: Halo. }\n" + PARTS, encoding="utf-8")
    assert catalogue.load(file, ["id"]).text("hello", "id") == "Halo."


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_shipped_menus_name_the_keys_of_169(language: str) -> None:
    texts = catalogue.load(SHIPPED, ["id", "en"])
    press = {"id": "tekan", "en": "press"}[language]
    star = {"id": "tekan bintang", "en": "press star"}[language]
    for key, digits in {
        "menu-main": "123490",
        "menu-licensing": "1234590",
        "menu-data": "12390",
    }.items():
        text = texts.text(key, language)
        assert text is not None
        assert "".join(d for d in "0123456789" if f"{press} {d}." in text) == "".join(
            sorted(digits)
        )
        assert (star in text) == (key != "menu-main")
