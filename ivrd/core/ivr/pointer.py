"""JSON Pointer (RFC 6901): "/data/0/status" names one value of a JSON document."""

from __future__ import annotations

from typing import Any


def fault(pointer: str) -> str:
    """What is wrong with a pointer's spelling; "" when nothing is."""
    if pointer and not pointer.startswith("/"):
        return "a JSON Pointer begins with /, for example /data/status"
    rest = pointer.replace("~0", "").replace("~1", "")
    return "~ is written ~0 and / within a key ~1" if "~" in rest else ""


def resolve(document: Any, pointer: str) -> Any:
    """The value that ``pointer`` names. LookupError when the document has none there."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document[key]
        elif isinstance(document, list) and key.isascii() and key.isdigit() and key == str(int(key)):
            document = document[int(key)]
        else:
            raise LookupError(pointer)
    return document
