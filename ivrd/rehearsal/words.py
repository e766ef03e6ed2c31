"""What may be typed at ``ivrd try``: telephone keys, and words with what follows them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivrd.core.ivr.walk import Scalar
from ivrd.rehearsal.outside import OUTCOMES
from ivrd.settings.load import suggest

KEYS = frozenset("0123456789*#")
LONGEST_S = 86_400.0  #: that may be waited at once


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word (or several), and what it does."""

    word: str
    follows: str = ""  #: what stands behind it, for the help
    help: str


WORDS = (
    Word(word="presses nothing", help="(or an empty line) time passes until something happens"),
    Word(word="wait", follows="30", help="so many seconds pass; also `wait 2 min`"),
    Word(word="hang up", help="the caller hangs up"),
    Word(word="restart", follows="[keys]", help="the call again; keys are typed while the greeting is being said"),
    Word(word="at", follows="sat 10:00", help='the call again at another time: "2026-11-28 10:00", "sat 10:00", "10:00"'),
    Word(word="from", follows="0812...", help="the call again, from another number; without one: withheld"),
    Word(word="dial", follows="169", help="the call again, to another number of ours"),
    Word(word="log in", follows="101 ...", help="agents log in at their phones (`all`: everybody)"),
    Word(word="log out", follows="101 ...", help="they log out"),
    Word(word="pause", follows="101 ...", help="they pause"),
    Word(word="resume", follows="101 ...", help="they are there again"),
    Word(word="answer", help="the phone that rings is picked up (also `agent answers`)"),
    Word(word="decline", help="it is told to be quiet, or busy (also `agent declines`)"),
    Word(word="agent hangs up", help="the other side hangs up first"),
    Word(word="ok", follows="name=value ...", help="the service answers; what is left out is made up"),
    Word(word="recorded", follows="12", help="the caller spoke so many seconds after the beep"),
    Word(word="keys", help="what each key does here"),
    Word(word="vars", help="the flow's variables"),
    Word(word="path", help="every node so far"),
    Word(word="queue", help="place, expected wait, and who could answer"),
    Word(word="agents", help="everybody, with skills and state"),
    Word(word="help", help="this"),
    Word(word="quit", help="leave (also the end of the input)"),
)
_ALSO = {
    "caller hangs up": "hang up", "hangup": "hang up", "agent answers": "answer", "answers": "answer", "answered": "answer", "no answer": "no_answer",
    "agent declines": "decline", "declines": "decline", "busy": "decline", "hangs up": "agent hangs up",
    "again": "restart", "exit": "quit", "q": "quit", "?": "help", "variables": "vars",
    "log-in": "log in", "login": "log in", "log-out": "log out", "logout": "log out",
}  # fmt: skip
_OUTCOMES = tuple(o for o in OUTCOMES if o not in ("ok", "recorded", "answered", "busy"))
_KNOWN = (*(w.word for w in WORDS), *_ALSO, *_OUTCOMES)
_SPAN = re.compile(r"^(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?)?$")
_PER = {"s": 1.0, "m": 60.0, "h": 3600.0}
_WHOLE = re.compile(r"^(0|-?[1-9]\d*)$")
_BROKEN = re.compile(r"^-?\d+\.\d+$")


@dataclass(frozen=True, kw_only=True)
class Said:
    """A line as it was meant: keys, or a word and what follows it."""

    keys: str = ""
    word: str = ""
    rest: tuple[str, ...] = ()


def read(line: str) -> Said:
    """A line. ValueError, in words that do not repeat what is no word, for one that means nothing."""
    words = line.split()
    if not words:
        return Said(word="presses nothing")
    if set("".join(words)) <= KEYS:
        return Said(keys="".join(words))
    for length in (3, 2, 1):
        word = " ".join(words[:length]).lower()
        if len(words) >= length and word in _KNOWN:
            return Said(word=_ALSO.get(word, word), rest=tuple(words[length:]))
    raise ValueError(_hint(words))


def span_s(text: str) -> float:
    """"30", "30 s", "2 min" in seconds. ValueError in words."""
    found = _SPAN.match(text.lower())
    if found is None:
        raise ValueError("how long? for example `wait 30` (seconds) or `wait 2 min`")
    seconds = float(found[1]) * _PER[(found[2] or "s")[0]]
    if seconds > LONGEST_S:
        raise ValueError("at most 24 hours; for another day: `at 2026-11-28 10:00`")
    return seconds


def values(words: tuple[str, ...]) -> dict[str, str]:
    """name=value ... ValueError in words."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ValueError(f"{word!r}: values are given as name=value")
        found[name] = value
    return found


def scalar(text: str, kind: str) -> Scalar:
    """A value as the variable's declared type, else as JSON would have it. ValueError in words."""
    literal: Scalar = text
    if text in ("true", "false"):
        literal = text == "true"
    elif _WHOLE.match(text):
        literal = int(text)
    elif _BROKEN.match(text):
        literal = float(text)
    wanted = {"string": str, "int": int, "float": float, "bool": bool}.get(kind)
    if kind == "string":
        return text
    if kind == "float" and type(literal) is int:
        return float(literal)
    if wanted is not None and type(literal) is not wanted:
        raise ValueError(f"{text!r} is no {kind}")
    return literal


def _hint(words: list[str]) -> str:
    """What was perhaps meant."""
    for length in (3, 2, 1):
        if near := suggest(" ".join(words[:length]).lower(), _KNOWN):
            return near
    return "type keys (0-9, *, #), an empty line, or `help`"
