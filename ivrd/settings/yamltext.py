"""YAML text to plain data, remembering where every key stands.

YAML 1.2's core schema: ``no`` is a word, ``08:00`` is text, and only true/false are booleans. In
YAML 1.1 (PyYAML's default) ``17:00`` would be the number 1020. A key listed twice is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ivrd.errors import ConfigError, Fault

Key = str | int
Place = tuple[int, int]

#: YAML 1.2.2 section 10.3.2, "Tag Resolution" of the core schema (without octal and inf/nan)
_CORE_SCHEMA = (
    ("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    ("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789")),
    ("tag:yaml.org,2002:float", re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$"), list("-+.0123456789")),
)  # fmt: skip

#: aliases may share a node, but not grow one file into millions of values
MAX_NODES = 100_000
MAX_DEPTH = 50
LONGEST_MESSAGE = 400


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in _CORE_SCHEMA:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)


@dataclass(frozen=True, kw_only=True)
class Document:
    """One YAML file: ``data`` and the place of everything in it."""

    file: str
    data: Any
    places: dict[tuple[Key, ...], Place] = field(default_factory=dict)
    text: str = field(default="", repr=False)  #: of the file, to show a line of it

    def place(self, *path: Key) -> Place:
        """Line and column (1-based) of the value at ``path``, or of its nearest parent that exists."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return (1, 1)

    def fault(self, path: Iterable[Key], message: str, hint: str = "", rule: str = "") -> Fault:
        """A fault about the value at ``path``."""
        line, column = self.place(*path)
        return Fault(
            file=self.file, line=line, column=column, message=_short(message), hint=hint, rule=rule
        )


def _short(message: str) -> str:
    """A message may quote what stands in the file, and that may be anything."""
    if len(message) <= LONGEST_MESSAGE:
        return message
    half = LONGEST_MESSAGE // 2
    return f"{message[:half]} ... {message[-half:]}"


def load(path: Path) -> Document:
    """Read a YAML file. ConfigError for a missing file, bad YAML, a key listed twice."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise _config_error(path, 0, 0, "the file does not exist") from None
    except (OSError, UnicodeDecodeError) as exc:
        raise _config_error(path, 0, 0, f"cannot be read: {exc}") from exc
    return loads(text, str(path))


def loads(text: str, file: str) -> Document:
    """Read YAML text; ``file`` names it in faults."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or str(exc).splitlines()[0]
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise _config_error(Path(file), line, column, f"not valid YAML: {problem}") from exc
    except RecursionError:
        raise _config_error(Path(file), 0, 0, f"nested deeper than {MAX_DEPTH} levels") from None
    if root is None:
        return Document(file=file, data=None, text=text)
    builder = _Builder(file)
    data = builder.build(root, (), 0)
    if builder.faults:
        raise ConfigError(builder.faults)
    return Document(file=file, data=data, places=builder.places, text=text)


class _Builder:
    """Walks the node tree once, making data and places."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[tuple[Key, ...], Place] = {}
        self.faults: list[Fault] = []
        self.nodes = 0

    def build(self, node: yaml.Node, path: tuple[Key, ...], depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise ConfigError([self._fault(node, "too deep or too large (aliases that multiply?)")])
        self.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(n, (*path, i), depth + 1) for i, n in enumerate(node.value)]
        try:
            return self._scalar(node)
        except ValueError:  # only an explicit tag (!!int x) can say what the text does not
            self.faults.append(self._fault(node, f"{node.value!r} is not a number"))
            return None

    def _mapping(self, node: yaml.MappingNode, path: tuple[Key, ...], depth: int) -> dict[Any, Any]:
        out: dict[Any, Any] = {}
        seen = set[str]()
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if not isinstance(key, str | int) or isinstance(key, bool):
                self.faults.append(self._fault(key_node, "a key must be a word or a whole number"))
                continue
            if str(key) in seen:  # 1 and "1" are one key to whoever reads the file
                self.faults.append(self._fault(key_node, f"{key!r} is listed twice"))
                continue
            seen.add(str(key))
            # a fault about a value points at its key: that is where the eye looks
            self.places[(*path, key)] = (
                key_node.start_mark.line + 1,
                key_node.start_mark.column + 1,
            )
            out[key] = self.build(value_node, (*path, key), depth + 1)
        return out

    def _key(self, node: yaml.Node) -> Any:
        try:
            return self._scalar(node) if isinstance(node, yaml.ScalarNode) else None
        except ValueError:
            return None

    def _scalar(self, node: yaml.Node) -> Any:
        text = str(node.value)
        match node.tag.rpartition(":")[2]:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" if len(text) < 19 and not (len(text.lstrip("+-")) > 1 and text.lstrip("+-")[0] == "0"):
                return int(text)  # "0812" stays text: it is a telephone number, not eight hundred
            case "float":
                return float(text)
            case _:
                return text

    def _fault(self, node: yaml.Node, message: str) -> Fault:
        mark = node.start_mark
        return Fault(file=self.file, line=mark.line + 1, column=mark.column + 1, message=message)


def _config_error(path: Path, line: int, column: int, message: str) -> ConfigError:
    return ConfigError([Fault(file=str(path), line=line, column=column, message=message)])
