"""PURE: what a service said, as values of variables."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ivrd.core.ivr import pointer

VALUE_LIMIT = 256  #: characters of one text: it becomes a variable, a prompt or a branch, not a document

Scalar = bool | int | float | str


class Unusable(Exception):
    """The body is not what the flow expects; the text says why, without quoting the body."""


def values(body: bytes, wanted: Mapping[str, str]) -> dict[str, Scalar]:
    """Variable -> value, for ``wanted``: variable -> JSON Pointer. null is "". Unusable when one is missing."""
    if not wanted:
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Unusable("the body is not JSON") from exc
    return {name: _value(document, path) for name, path in wanted.items()}


def _value(document: object, path: str) -> Scalar:
    try:
        found = pointer.resolve(document, path)
    except LookupError as exc:
        raise Unusable(f"the body has nothing at {path!r}") from exc
    if found is None:
        return ""
    if isinstance(found, str):
        return found[:VALUE_LIMIT]
    if isinstance(found, bool | int | float):
        return found
    raise Unusable(f"{path!r} is not a text, number, true or false")
