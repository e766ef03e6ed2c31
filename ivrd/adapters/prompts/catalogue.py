"""prompts/catalogue.yaml: what is said, per key and language. All faults at once, with their place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivrd.adapters.prompts import spoken
from ivrd.errors import ConfigError, Fault
from ivrd.settings import yamltext
from ivrd.settings.yamltext import Document

FILE = "catalogue.yaml"
_KEY = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
_FIELDS = ("note", "languages")
_CATALOGUE_LANGUAGES = ("id", "en")  #: a site may speak fewer; their texts stay in the file


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One key."""

    key: str
    texts: Mapping[str, str]  #: language -> text
    note: str = ""  #: for whoever records it


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All keys, in file order."""

    entries: Mapping[str, Entry]

    def text(self, key: str, language: str) -> str | None:
        """What ``key`` says in ``language``; None when it says nothing there."""
        entry = self.entries.get(key)
        return entry.texts.get(language) if entry else None

    def prompts(self, languages: Iterable[str]) -> list[tuple[str, str]]:
        """Every (key, language) that has a text, in file order."""
        spoken_in = list(languages)
        return [(k, lang) for lang in spoken_in for k, e in self.entries.items() if lang in e.texts]


def load(path: Path, languages: Sequence[str]) -> Catalogue:
    """Read the catalogue for a site that speaks ``languages``. ConfigError carries every fault."""
    document = yamltext.load(path)
    if not isinstance(document.data, dict) or not document.data:
        raise ConfigError([document.fault((), "must be a list of keys with their texts")])
    reader = _Reader(document, languages)
    entries = {str(key): reader.entry(key, value) for key, value in document.data.items()}
    catalogue = Catalogue(entries=entries)
    faults = reader.faults + _parts_missing(catalogue, document, languages)
    if faults:
        raise ConfigError(faults)
    return catalogue


def _parts_missing(
    catalogue: Catalogue, document: Document, languages: Sequence[str]
) -> list[Fault]:
    """Numbers, times and dates must be sayable: the parts come from the code, not from the admin."""
    return [
        Fault(
            file=document.file,
            line=0,
            column=0,
            message=f"{key!r} is missing in {language!r}: numbers, times and dates are made of it",
            hint=f"add `{key}: {{ {language}: ..., languages: [{language}] }}`",
        )
        for language in languages
        for key in sorted(spoken.vocabulary(language))
        if key not in catalogue.entries
    ]


class _Reader:
    """Checks one entry after the other; ``faults`` collects what is wrong."""

    def __init__(self, document: Document, languages: Sequence[str]) -> None:
        self._document = document
        self._wanted = tuple(languages)
        self._known = tuple(dict.fromkeys((*languages, *_CATALOGUE_LANGUAGES)))
        self.faults: list[Fault] = []

    def entry(self, key: object, value: object) -> Entry:
        """The entry of ``key``, as far as it can be read."""
        name = str(key)
        if not isinstance(key, str) or not _KEY.match(key):
            self._fault((key,), f"{name!r} is not a key", "small letters, digits and single dashes")
        if not isinstance(value, dict):
            self._fault(
                (key,), f"{name!r} must hold a text per language", "for example `id: Halo.`"
            )
            return Entry(key=name, texts={})
        for field in value:
            if field not in self._known and field not in _FIELDS:
                self._fault(
                    (key, field), f"unknown field {field!r} in {name!r}", self._suggest(field)
                )
        texts = {lang: self._text(key, lang, value[lang]) for lang in self._known if lang in value}
        self._check_languages(key, value)
        note = value.get("note", "")
        if not isinstance(note, str):
            self._fault((key, "note"), f"the note of {name!r} must be text")
        return Entry(key=name, texts=texts, note=str(note))

    def _text(self, key: object, language: str, text: object) -> str:
        if not isinstance(text, str):
            self._fault(
                (key, language), f"{key!r} in {language!r} must be text", "put it in quotes"
            )
            return ""
        if not text.strip():
            self._fault((key, language), f"{key!r} has an empty text in {language!r}")
        elif text.lstrip().startswith("-"):
            # a text-to-speech program would take it for an option
            self._fault((key, language), f"{key!r} in {language!r} must not begin with a dash")
        return text.strip()

    def _check_languages(self, key: object, value: Mapping[object, object]) -> None:
        only = value.get("languages", list(self._known))
        if not isinstance(only, list) or not all(lang in self._known for lang in only):
            known = ", ".join(self._known)
            self._fault((key, "languages"), f"`languages` of {key!r} must be a list of: {known}")
            return
        needed = list(only) if "languages" in value else list(self._wanted)
        needed += [lang for lang in self._wanted if key in spoken.vocabulary(lang)]
        for language in dict.fromkeys(needed):
            if language not in value:
                hint = "or list the languages it has: `languages: [...]`"
                self._fault((key,), f"{key!r} has no text in {language!r}", hint)

    def _suggest(self, field: object) -> str:
        known = (*self._known, *_FIELDS)
        near = difflib.get_close_matches(str(field), known, n=1)
        return f"did you mean {near[0]!r}?" if near else f"known fields: {', '.join(known)}"

    def _fault(self, path: tuple[object, ...], message: str, hint: str = "") -> None:
        places = [k for k in path if isinstance(k, str | int)]
        self.faults.append(self._document.fault(places, message, hint))
