"""The reference of the dialplan language as Markdown, made of its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ivrd.settings.schema import Schema, dialplan

BEGIN = "<!-- Reference: made by `ivrd schema --out docs`, do not edit below -->"
END = "<!-- End of the reference -->"


def renewed(document: str) -> str:
    """``document`` with its reference brought up to date; ValueError when it has no place for one."""
    head, begin, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError("the marks of the reference are missing")
    return f"{head}{BEGIN}\n\n{markdown()}\n{END}{tail}"


def markdown() -> str:
    """The file's keys, then a section for each verb."""
    schema = dialplan()
    top = {k: v for k, v in schema["properties"].items() if k != "limits"}
    lines = ["### The file", "", *_table(top, schema["required"])]
    lines += ["### `limits`", "", schema["properties"]["limits"]["description"], ""]
    lines += _table(schema["properties"]["limits"]["properties"], [])
    for name in schema["$defs"]["node"]["properties"]:
        lines += _verb(name, schema["$defs"][name])
    return "\n".join(lines).rstrip() + "\n"


def _verb(name: str, schema: Schema) -> Iterator[str]:
    yield from (f"### `{name}`", "", schema["description"], "")
    yield from _table(schema["properties"], schema.get("required", []))


def _table(properties: Schema, required: list[str]) -> Iterator[str]:
    yield "| key | value | default | |"
    yield "| --- | --- | --- | --- |"
    for key, schema in properties.items():
        yield from _rows(key, schema, key in required)
    yield ""


def _rows(key: str, schema: Schema, required: bool) -> Iterator[str]:
    default = "*required*" if required else _code(schema["default"]) if "default" in schema else ""
    text = _cell(schema.get("description", ""))
    if examples := schema.get("examples"):
        text += " For example " + ", ".join(_code(e) for e in examples) + "."
    yield f"| `{key}` | {_cell(_value(schema))} | {_cell(default)} | {text} |"
    items = schema.get("items", {})
    for deeper, inner in items.get("properties", {}).items():
        yield from _rows(f"{key}[].{deeper}", inner, deeper in items.get("required", []))


def _value(schema: Schema) -> str:
    """What may stand there, in few words."""
    if "x-expression" in schema:
        return {"any": "expression"}.get(schema["x-expression"], f"expression ({schema['x-expression']})")
    if names := schema.get("x-names"):
        return " or ".join([str(names), *(_code(w) for w in schema.get("x-words", ()))])
    if "enum" in schema:
        return " or ".join(_code(v) for v in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_value(way) for way in schema["anyOf"])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_value(schema['items'])}"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"map to {_value(inner)}" if isinstance(inner, dict) and "$ref" not in inner else "map"
    return {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}.get(
        str(kind), "text"
    )


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
