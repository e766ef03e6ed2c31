"""Events as lines of JSON and back. Pure: no files, no clock.

    {"e":"DigitPressed","at":1764000000.0,"call":"1764.12","channel":"1764.12","digit":"1"}

Each kind of event gets its encoder and decoder when this module is imported (from the fields of
its dataclass), because a line is written on the way of every event: see bench in the ADR.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, get_args, get_origin, get_type_hints

from ivrd.core.events import EVENTS, Event
from ivrd.jsons import exact

_Build = Callable[[dict[str, Any]], Any]


class BadLine(ValueError):
    """A line that is not an event; the text says why. Files turn it into file and line."""


class TornLine(BadLine):
    """Not JSON at all: what is left of a line that was being written."""


def encode(event: Event) -> bytes:
    """One line of JSON in UTF-8, newline included.

    Raises BadLine for a kind of event that EVENTS does not list: it could not be read back.
    """
    name = type(event).__name__
    to_fields = _ENCODERS.get(name)
    if to_fields is None:
        raise BadLine(f"{name} is not in core.events.EVENTS")
    return exact({"e": name, **to_fields(event)}) + b"\n"


def decode(line: bytes) -> Event:
    """The event of one line (newline optional). Raises BadLine."""
    try:
        values = json.loads(line)
    except ValueError as exc:
        raise TornLine(f"not JSON ({exc})") from exc
    if not isinstance(values, dict):
        raise BadLine("not a JSON object")
    name = values.pop("e", None)
    build = _DECODERS.get(name) if isinstance(name, str) else None
    if build is None:
        raise BadLine(f"unknown event {name!r}: written by another version of ivrd?")
    try:
        event: Event = build(values)
    except (TypeError, KeyError, AttributeError) as exc:
        raise BadLine(f"{name} does not fit: {exc}") from exc
    return event


def _encoder(cls: type[Any]) -> Callable[[Any], dict[str, Any]]:
    """A function from an instance to its fields as JSON values."""
    names = tuple(f.name for f in fields(cls))
    nested = {n for n, kind in get_type_hints(cls).items() if _item_class(kind) is not None}
    get = attrgetter(*names)
    if len(names) == 1:
        return lambda event: {names[0]: get(event)}
    if not nested:
        return lambda event: dict(zip(names, get(event), strict=True))
    inner = {n: _encoder(_item_class(get_type_hints(cls)[n]) or cls) for n in nested}

    def to_fields(event: Any) -> dict[str, Any]:
        values = dict(zip(names, get(event), strict=True))
        for name, encode_item in inner.items():
            values[name] = [encode_item(item) for item in values[name]]
        return values

    return to_fields


def _decoder(cls: type[Any]) -> _Build:
    """A function from JSON values to an instance; lists become tuples again."""
    converters: dict[str, Callable[[list[Any]], tuple[Any, ...]]] = {}
    for name, kind in get_type_hints(cls).items():
        if get_origin(kind) is tuple:
            converters[name] = _tuple_of(_item_class(kind))
    if not converters:
        return lambda values: cls(**values)

    def build(values: dict[str, Any]) -> Any:
        for name, convert in converters.items():
            if name in values:
                values[name] = convert(values[name])
        return cls(**values)

    return build


def _tuple_of(item: type[Any] | None) -> Callable[[list[Any]], tuple[Any, ...]]:
    if item is None:
        return tuple
    build = _decoder(item)
    return lambda values: tuple(build(value) for value in values)


def _item_class(kind: Any) -> type[Any] | None:
    """X of ``tuple[X, ...]`` when X is a dataclass, else None."""
    if get_origin(kind) is not tuple:
        return None
    item = get_args(kind)[0]
    return item if is_dataclass(item) and isinstance(item, type) else None


_ENCODERS = {name: _encoder(cls) for name, cls in EVENTS.items()}
_DECODERS = {name: _decoder(cls) for name, cls in EVENTS.items()}
