"""Steps and ways in words: "waits in queue kbli", "when open"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ivrd.graph.diff import Route
from ivrd.graph.steps import INSIDE, Step

_LONGEST = 60  #: characters of one quotation
_BEFORE = 20  #: of them before the first difference

_WAYS = {
    "menu.otherwise": "without a key", "confirm.otherwise": "without an answer", "collect.otherwise": "without a number",
    "collect.then": "with a number", "callback.then": "when noted", "callback.otherwise": "when not wanted",
    "voicemail.then": "with a message", "voicemail.otherwise": "without a message", "http.then": "when answered",
    "dial.then": "after the talk", "run.then": "after the sub-flow", "queue.after": "when the agent hung up",
    "open": "when open", "closed": "when closed", "holiday": "on a holiday", "pause": "in a break", "closure": "in a closure",
    "overflow": "at the overflow", "full": "when the queue is full", "nobody": "when nobody is logged in",
    "waited": "after too long a wait", "expected": "before too long a wait", "closing": "when the lines close before",
    "on_failure": "when the service fails", "right": "when right", "wrong": "when wrong", "busy": "when busy",
    "no_answer": "when nobody answers", "failed": "when it cannot be dialled", "otherwise": "otherwise", INSIDE: INSIDE,
}  # fmt: skip

_STEPS: dict[str, Callable[[Any], str]] = {
    "language": lambda v: f"is spoken to in {v.set}",
    "hours": lambda v: "is sent on by the hours",
    "tag": lambda v: f"is noted as {v.add}",
    "queue": lambda v: f"waits in queue {v.to}",
    "hangup": lambda v: f"is hung up on ({v.why})",
    "http": lambda v: f"waits for service {v.service}",
    "record": lambda v: "is recorded" if v.on else "is not recorded",
    "callback": lambda v: f"is offered a call back by queue {v.queue}",
    "voicemail": lambda v: f"may leave a message in {v.box}",
    "dial": lambda v: f"is connected to {v.extension or v.number}",
    "transfer": lambda v: f"is given away to {v.extension or v.number}",
    "set": lambda v: "is remembered: " + ", ".join(f"{k} = {x}" for k, x in v.to.items()),
    "branch": lambda v: "is sent on by conditions",
    "run": lambda v: f"walks sub-flow {v.flow}",
    "return": lambda v: "comes back from the sub-flow",
}
#: what is said -> before it
_SAYING = {
    "play": ("hears", "say"), "say": ("hears", "parts"), "menu": ("chooses from", "say"), "collect": ("types a number at", "say"),
    "confirm": ("says whether it is right:", "parts"), "survey": ("is asked", "say"),
}  # fmt: skip


def way(verb: str, label: str) -> str:
    """A way as part of a route: "1", "when open", "if caller.vip"; "" for what goes on anyway."""
    if label == "then" and f"{verb}.then" not in _WAYS:
        return ""
    if _is_key(label):
        return label
    known = _WAYS.get(f"{verb}.{label}") or _WAYS.get(label)
    return known or (f"if {label}" if verb == "branch" else label.replace("_", " "))


def key(label: str) -> str:
    """ "key 1", or a way's name in quotation marks."""
    return f"key {label}" if _is_key(label) else f"“{label}”"


def _is_key(label: str) -> bool:
    return label.isdigit() or label in ("*", "#")


def route(taken: Route) -> str:
    """ "after 1, when open, 2", "when open, 1", "at the start"."""
    named = [name for each in taken if (name := way(*each))]
    return ("after " if named and _is_key(named[0]) else "") + ", ".join(named) if named else "at the start"


def steps(row: Iterable[Step], language: str, between: str = ", then ") -> str:
    """What happens to a caller: "is noted as lkpm.umum, then waits in queue lkpm"."""
    return between.join(_step(each, language) for each in row)


def _step(step: Step, language: str) -> str:
    if step.verb in _SAYING:
        words, name = _SAYING[step.verb]
        return f"{words} {quoted(step.value(name), language)}"
    return _STEPS[step.verb](step.body) if step.verb in _STEPS else f"comes to a {step.verb}"


def quoted(said: Any, language: str, start: int = 0) -> str:
    """What is said, in quotation marks; keys without words as they are."""
    if isinstance(said, list):
        return " ".join(quoted(each, language, start) for each in said) or "nothing"
    if isinstance(said, dict):  # a part of `say`
        kind, value = next(iter(said.items()))
        return quoted(value, language, start) if kind == "prompt" else f"({kind}: {value})"
    if isinstance(said, tuple):
        return f"“{_cut(_text(said, language), start)}”"
    return f"({said[1:]})" if str(said).startswith(":") else str(said)


def apart(before: Any, after: Any, language: str) -> tuple[str, str]:
    """Both quoted, so that the difference is seen: in the language where there is one, from where it begins."""
    if not (isinstance(before, tuple) and isinstance(after, tuple)):
        return quoted(before, language), quoted(after, language)
    differing = [k for k in dict(before) if dict(before)[k] != dict(after).get(k)]
    spoken = language if language in differing or not differing else differing[0]
    x, y = _text(before, spoken), _text(after, spoken)
    same = next((i for i, (c, d) in enumerate(zip(x, y, strict=False)) if c != d), min(len(x), len(y)))
    start = same - _BEFORE if max(len(x), len(y)) > _LONGEST and same > _BEFORE else 0
    mark = "" if spoken == language else f" ({spoken})"
    return quoted(before, spoken, start), quoted(after, spoken, start) + mark


def _text(said: tuple[tuple[str, str], ...], language: str) -> str:
    return " ".join((dict(said).get(language) or said[0][1]).split())


def _cut(text: str, start: int) -> str:
    if start:
        text = "… " + text[start:].partition(" ")[2] if " " in text[start:] else "…" + text[start:]
    return text if len(text) <= _LONGEST else text[: text.rfind(" ", 0, _LONGEST) + 1 or _LONGEST].rstrip() + " …"
