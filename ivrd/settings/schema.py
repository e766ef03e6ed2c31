"""JSON Schemas (draft 2020-12) of what an admin writes, from the classes that read it: they cannot drift.

Descriptions come from ``Doc`` in a field's annotation (verbs), else from its ``#:`` comment (settings).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from ivrd.core.acd.model import Agent, Queue
from ivrd.core.ivr.flow import Limits
from ivrd.core.ivr.shape import Doc, Expression, Names
from ivrd.core.ivr.verbs import VERBS
from ivrd.settings.planning import Traffic, Workload
from ivrd.settings.site import Hours, Site

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Path: {"type": "string"},
    dt.date: {"type": "string", "format": "date"},
    dt.datetime: {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?$"},
}
_TYPES = {"type": "object", "additionalProperties": {"enum": ["string", "int", "float", "bool"]}}
_NAME = {"type": ["string", "integer"]}


def dialplan() -> Schema:
    """dialplans/<flow>.yaml."""
    verbs = {name: {"$ref": f"#/$defs/{name}"} for name in VERBS}
    node = {
        "description": "One verb, and what it needs.",
        **_object(verbs, ()),
        "minProperties": 1,
        "maxProperties": 1,
    }
    properties: Schema = {
        "start": {**_NAME, "description": "The node at which a call begins.", "examples": ["greeting"]},
        "nodes": {
            "description": "Every step of the call, by a name of your own.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"$ref": "#/$defs/node"},
        },
        "limits": {**of_class(Limits), "description": "What a call may cost before the flow is held to be broken."},
        "variables": {**_TYPES, "description": "Types of variables, where a value does not tell: `{visits: int}`."},
        "arguments": {**_TYPES, "description": "A sub-flow's: what `run` must give."},
        "returns": {**_TYPES, "description": "A sub-flow's: what `return` gives back."},
    }
    return {
        "$schema": DRAFT,
        "$id": "urn:ivrd:dialplan",
        "title": "A dialplan of ivrd",
        "description": "What a caller meets: nodes with one verb each. See docs/dialplan.md.",
        **_object(properties, ("start", "nodes")),
        "$defs": {"node": node, **{name: of_class(verb) for name, verb in VERBS.items()}},
    }


def settings() -> dict[str, Schema]:
    """The files of config/, by name without suffix, and the two kinds of planning/."""
    return {
        "ivrd": _file("ivrd", of_class(Site)),
        "queues": _file("queues", _object({"queues": _by_id(Queue)}, ("queues",))),
        "agents": _file("agents", _object({"agents": _by_id(Agent)}, ("agents",))),
        "calendar": _file("calendar", of_class(Hours)),
        "traffic": _file("traffic", of_class(Traffic), "planning"),
        "workload": _file("workload", of_class(Workload), "planning"),
    }


def _file(name: str, schema: Schema, directory: str = "config") -> Schema:
    return {"$schema": DRAFT, "$id": f"urn:ivrd:{name}", "title": f"{directory}/{name}.yaml of ivrd", **schema}


def _by_id(cls: type) -> Schema:
    schema = of_class(cls)
    del schema["properties"]["id"]  # it is the key
    return {"type": "object", "additionalProperties": schema}


def _object(properties: Schema, required: tuple[str, ...]) -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**schema, "required": list(required)} if required else schema


def of_class(cls: type) -> Schema:
    """A dataclass as an object whose keys are its fields."""
    hints, comments = get_type_hints(cls, include_extras=True), _comments(cls)
    properties: Schema = {}
    required = []
    for field in dataclasses.fields(cls):
        schema = of(hints[field.name])
        if "description" not in schema and (comment := comments.get(field.name)):
            schema["description"] = comment
        default = _default(field)
        if default is dataclasses.MISSING:
            required.append(field.name)
        elif default is not None and default != "":
            schema["default"] = default
        properties[field.name] = schema
    return {"description": _paragraphs(cls), **_object(properties, tuple(required))}


def of(kind: Any) -> Schema:
    """Any annotation that a verb or a setting uses."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return {**of(args[0]), **_marked(kind.__metadata__)}
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (tuple, list):
        return {"type": "array", "items": of(args[0])}
    if origin is dict:
        return {"type": "object", **_keys(args[0]), "additionalProperties": of(args[1])}
    if origin in (Union, UnionType):
        ways = [of(a) for a in args if a is not NoneType]
        return ways[0] if len(ways) == 1 else {"anyOf": ways}
    if dataclasses.is_dataclass(kind):
        assert isinstance(kind, type)
        return of_class(kind)
    return dict(_SCALARS.get(kind, {}))  # what is not known here is not constrained


def _keys(kind: Any) -> Schema:
    keys = of(kind)
    names = {k: v for k, v in keys.items() if k in ("enum", "pattern", "format")}
    return {"propertyNames": names} if names else {}


def _marked(marks: tuple[Any, ...]) -> Schema:
    """What a field's annotation says beside its type."""
    found: Schema = {}
    for mark in marks:
        match mark:
            case Doc(text=text, examples=examples):
                found["description"] = text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")
                if examples:
                    found["examples"] = [_plain(e) for e in examples]
            case Expression(type=kind) if kind != "pattern":
                found["type"] = ["string", "number"]  # 2 is an expression, too
                found["x-expression"] = kind
            case Names(kind=kind, words=words):
                found["x-names"] = kind
                if words:
                    found["x-words"] = list(words)
    return found


def _default(field: dataclasses.Field[Any]) -> Any:
    """As it would stand in the file; MISSING when the key must be there, None when there is nothing to tell."""
    if field.default is not dataclasses.MISSING:
        return _plain(field.default)
    if field.default_factory is not dataclasses.MISSING:
        return _plain(field.default_factory()) or None
    return dataclasses.MISSING


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return None  # its own fields tell
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {k: dataclasses.asdict(v) if dataclasses.is_dataclass(v) else v for k, v in value.items()}  # type: ignore[arg-type]
    return value


@cache
def _comments(cls: type) -> dict[str, str]:
    """Field -> its ``#:`` comment: on the same line, or on the lines before it."""
    found: dict[str, str] = {}
    before: list[str] = []
    for line in inspect.getsource(cls).splitlines():
        code, mark, comment = line.partition("#:")
        if mark and not code.strip():
            before.append(comment.strip())
            continue
        if match := re.match(r"    (\w+):", code):
            text = comment.strip() if mark else " ".join(before)
            if text:
                found[match[1]] = text[:1].upper() + text[1:]
        before = []
    return found


def _paragraphs(cls: type) -> str:
    """The class's docstring, lines of a paragraph joined."""
    text = inspect.cleandoc(cls.__doc__ or "")
    return "\n\n".join(" ".join(p.split("\n")) for p in text.replace("``", "`").split("\n\n"))
