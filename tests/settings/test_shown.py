"""config/ivrd.yaml shows every key that may stand there, as its head says: in use, or commented out."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from ivrd.core.acd.model import AcdRules
from ivrd.settings.site import Site
from rig.tools import REPOSITORY

Path = tuple[str, ...]
ANY = "*"  #: a name of the admin's own
_KEY = re.compile(r'( *)"?([\w-]+)"?:(?: +(.*))?$')
_COMMENTED = re.compile(r"( *)# ?(.*)")
_BELOW = re.compile(r"# below ([\w.]+):")


def keys(cls: type) -> Iterator[Path]:
    """Of a class of settings and of those in it."""
    kinds = get_type_hints(cls)
    for name in (f.name for f in dataclasses.fields(cls)):
        yield (name,)
        named = get_origin(kinds[name]) is dict
        of = get_args(kinds[name])[1] if named else kinds[name]
        if dataclasses.is_dataclass(of):
            yield from ((name, *([ANY] if named else []), *path) for path in keys(of))  # type: ignore[arg-type]


def shown(text: str) -> set[Path]:
    """Paths of all keys in the file; a commented line counts as what it would be without its "# "."""
    found, stack = set[Path](), list[tuple[int, Path]]()
    for line in text.splitlines():
        if below := _BELOW.match(line):
            stack = [(-1, tuple(below[1].split(".")))]
            continue
        plain = _COMMENTED.sub(r"\1\2", line, count=1) if line.lstrip().startswith("#") else line
        if match := _KEY.match(plain):
            while stack and stack[-1][0] >= len(match[1]):
                stack.pop()
            path = (*(stack[-1][1] if stack else ()), match[2])
            stack.append((len(match[1]), path))
            found |= {path, *inside(path, match[3] or "")}
    return found


def inside(path: Path, value: str) -> Iterator[Path]:
    """Paths of what stands in the same line: ``{port: 1883, tls: false}``."""
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError:
        return  # words
    yield from _of(path, read)


def _of(path: Path, read: Any) -> Iterator[Path]:
    for key, value in read.items() if isinstance(read, dict) else ():
        yield (*path, str(key))
        yield from _of((*path, str(key)), value)


def is_shown(path: Path, found: set[Path]) -> bool:
    return any(len(path) == len(f) and all(a in (ANY, b) for a, b in zip(path, f, strict=True)) for f in found)


def test_every_key_is_shown() -> None:
    found = shown((REPOSITORY / "config" / "ivrd.yaml").read_text(encoding="utf-8"))
    assert [".".join(path) for path in keys(Site) if not is_shown(path, found)] == []


def test_the_routers_numbers_are_shown_with_their_defaults() -> None:
    read = yaml.safe_load((REPOSITORY / "config" / "ivrd.yaml").read_text(encoding="utf-8"))["acd"]
    numbers = {f.name: f.default for f in dataclasses.fields(AcdRules) if isinstance(f.default, int)}
    assert {name: read[name] for name in numbers} == numbers


def test_comments_count_where_they_would_stand() -> None:
    text = 'a: 1  # not: this\nb: {c: {d: 2}}\n#   e: "x"  # words: and\n# f:\n#   own: {g: 3}\n\n# below b.c:\n#   h:\n#     i: 4\n'
    assert shown(text) == {
        ("a",), ("b",), ("b", "c"), ("b", "c", "d"), ("b", "e"), ("f",), ("f", "own"), ("f", "own", "g"), ("b", "c", "h"), ("b", "c", "h", "i"),
    }  # fmt: skip
    assert is_shown(("f", ANY, "g"), shown(text))
    assert not is_shown(("f", ANY, "h"), shown(text))
