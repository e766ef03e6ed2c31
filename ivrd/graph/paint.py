"""Colours of verbs, by what they mean to a caller: one table for SVG and Mermaid."""

from __future__ import annotations

#: kind -> (legend, fill of the heading, Mermaid's brackets)
# `end` is a word of Mermaid's own: no class may have that name
KINDS: dict[str, tuple[str, str, tuple[str, str]]] = {
    "hear": ("the caller hears", "#cfe3f7", ("[", "]")),
    "ask": ("the caller presses keys or speaks", "#ffe3a8", ("[/", "/]")),
    "decide": ("decided by time, condition or a service", "#e5d6f3", ("{{", "}}")),
    "people": ("people: queue, phone, call back", "#c9eacb", ("([", "])")),
    "note": ("noted, not heard", "#e4e6e9", ("[", "]")),
    "over": ("the end", "#f6cccb", ("((", "))")),
}
_OF = {
    "play": "hear", "say": "hear", "language": "note",
    "menu": "ask", "collect": "ask", "confirm": "ask", "survey": "ask", "voicemail": "ask",
    "hours": "decide", "branch": "decide", "http": "decide",
    "queue": "people", "dial": "people", "transfer": "people", "callback": "people",
    "hangup": "over", "return": "over",
}  # fmt: skip


def kind(verb: str) -> str:
    """A verb that is not listed is noted only."""
    return _OF.get(verb, "note")
