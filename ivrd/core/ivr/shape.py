"""What the fields of a verb mean, as metadata, and a walk over every value that names something.

A verb's fields carry these by ``typing.Annotated``; the schema, the reference, the validator, the graph
and the diff read them, so a new verb is known to all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

Path = tuple[str | int, ...]  #: keys from the verb's body to a value: ("keys", "1")
Kind = Literal["node", "prompt", "queue", "language", "skill", "flow", "variable", "service", "mailbox"]


@dataclass(frozen=True)
class Doc:
    """What a field is for, for whoever writes a dialplan; ``examples`` as they stand in YAML."""

    text: str
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Names:
    """The value names a ``kind``; ``words`` may stand in its place; ``sets``: it gives a variable its value."""

    kind: Kind
    words: tuple[str, ...] = ()
    sets: bool = False


@dataclass(frozen=True)
class Expression:
    """The value is an expression (docs/dialplan.md) of this type; ``pattern``: a regular expression (RE2)."""

    type: Literal["bool", "int", "string", "any", "pattern"]


Role = Names | Expression

NodeRef = Annotated[str, Names("node")]
PromptRef = Annotated[str, Names("prompt")]
Says = tuple[PromptRef, ...]  #: catalogue keys, ``key@language``, and spoken values (":closed-reason")
#: one list for every failure, or one list each: what is said escalates, the last stays
Escalates = Says | tuple[Says, ...]
BoolExpr = Annotated[str, Expression("bool")]
IntExpr = Annotated[str, Expression("int")]
StringExpr = Annotated[str, Expression("string")]
AnyExpr = Annotated[str, Expression("any")]
Sets = Annotated[str, Names("variable", sets=True)]
Reads = Annotated[str, Names("variable")]


def named(thing: Any) -> Iterator[tuple[Path, Role, str]]:
    """Every marked value of a verb (or part of one): path of keys, what it is, the value. "" names nothing."""
    cls: Any = type(thing)
    for name, marks in _fields(cls):
        yield from _walk((name,), marks, getattr(thing, name))


def targets(verb: Any) -> list[tuple[Path, str]]:
    """Every node named, with the path of the key that names it; words like ":back" are none."""
    return [(p, v) for p, r, v in named(verb) if _is(r, "node") and v not in r.words]  # type: ignore[union-attr]


def says(verb: Any) -> list[tuple[Path, str]]:
    """Every prompt named, with the path of the key that names it."""
    return [(p, v) for p, r, v in named(verb) if _is(r, "prompt")]


def expressions(verb: Any) -> list[tuple[Path, Expression, str]]:
    """Every expression, with its path and the type it must have."""
    return [(p, r, v) for p, r, v in named(verb) if isinstance(r, Expression)]


def variables(verb: Any, *, sets: bool) -> list[tuple[Path, str]]:
    """Every variable that is given a value (or, with ``sets`` false, named otherwise)."""
    return [(p, v) for p, r, v in named(verb) if _is(r, "variable") and r.sets == sets]  # type: ignore[union-attr]


def _is(role: Role, kind: Kind) -> bool:
    return isinstance(role, Names) and role.kind == kind


@dataclass(frozen=True)
class _Marks:
    """What is known of a type: its own role, and where marked values lie within it."""

    role: Role | None = None
    item: _Marks | None = None  #: of a tuple's or list's items, or of a dict's values
    key: _Marks | None = None  #: of a dict's keys
    nested: bool = False  #: a dataclass may stand here


@cache
def _fields(cls: Any) -> tuple[tuple[str, _Marks], ...]:
    hints = get_type_hints(cls, include_extras=True)
    found = ((f.name, _marks(hints[f.name])) for f in fields(cls))
    return tuple((name, marks) for name, marks in found if marks is not None)


def _marks(kind: Any) -> _Marks | None:
    """None when nothing within the type is marked."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        role = next((m for m in kind.__metadata__ if isinstance(m, Names | Expression)), None)
        return _Marks(role=role) if role else _marks(args[0])
    if origin in (Union, UnionType):
        found = [m for m in map(_marks, args) if m]
        return _merged(found) if found else None
    if origin in (tuple, list) and args:
        item = _marks(args[0])
        return _Marks(item=item) if item else None
    if origin is dict:
        key, item = _marks(args[0]), _marks(args[1])
        return _Marks(key=key, item=item) if key or item else None
    return _Marks(nested=True) if is_dataclass(kind) else None


def _merged(found: list[_Marks]) -> _Marks:
    """Of a union: a value is looked at as what it turns out to be."""
    items, keys = [m.item for m in found if m.item], [m.key for m in found if m.key]
    return _Marks(
        role=next((m.role for m in found if m.role), None),
        item=_merged(items) if items else None,
        key=_merged(keys) if keys else None,
        nested=any(m.nested for m in found),
    )


def _walk(path: Path, marks: _Marks, value: Any) -> Iterator[tuple[Path, Role, str]]:
    if isinstance(value, str):
        if marks.role is not None and value:
            yield path, marks.role, value
    elif isinstance(value, tuple | list):
        for i, item in enumerate(value):
            if marks.item is not None:
                yield from _walk((*path, i), marks.item, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if marks.key is not None:
                yield from _walk((*path, key), marks.key, key)
            if marks.item is not None:
                yield from _walk((*path, key), marks.item, item)
    elif marks.nested and is_dataclass(value):
        for deeper, role, word in named(value):
            yield (*path, *deeper), role, word
