"""What is said of agents, read together: pause reasons, shifts, misses, rest and capacity."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Iterator

from ivrd.core import numbers
from ivrd.core.acd.model import Queue
from ivrd.core.acd.rules import Shift
from ivrd.errors import Fault
from ivrd.settings.site import Loaded
from ivrd.settings.yamltext import Document, Key

RANGE = re.compile(r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")
_CODE = re.compile(r"^[0-9]{1,4}$")
_EXTENSION = re.compile(r"^[A-Za-z0-9*#]{1,15}$")
_NAME = re.compile(r"^[A-Za-z0-9_.-]+$")


def faults(loaded: Loaded) -> list[Fault]:
    """Everything that is wrong with what ivrd.yaml, queues.yaml and agents.yaml say of agents."""
    doc = loaded.documents["ivrd.yaml"]
    return [
        *_numbers(loaded, doc),
        *_reasons(loaded, doc),
        *_shifts(loaded, doc),
        *_agents(loaded, loaded.documents["agents.yaml"]),
        *_queues(loaded, loaded.documents["queues.yaml"]),
    ]


def _numbers(loaded: Loaded, doc: Document) -> Iterator[Fault]:
    acd = loaded.site.acd
    least: dict[tuple[Key, ...], float] = {}
    for cause, miss in acd.misses.items():
        least[("acd", "misses", cause, "pause_after")] = miss.pause_after
        least[("acd", "misses", cause, "return_after_s")] = miss.return_after_s
    for reason, rule in acd.pause_reasons.items():
        least[("acd", "pause_reasons", reason, "max_s")] = rule.max_s
        least[("acd", "pause_reasons", reason, "day_max_s")] = rule.day_max_s
    for kind, weight in acd.weights.items():
        least[("acd", "weights", kind)] = weight
    for path, value in least.items():
        if value < 0:
            yield doc.fault(path, f"{'.'.join(str(k) for k in path)} must be at least 0, not {value}")


def _reasons(loaded: Loaded, doc: Document) -> Iterator[Fault]:
    for i, name in enumerate(loaded.site.http.tokens):
        if not _NAME.match(name):
            yield doc.fault(("http", "tokens", i), f"{name!r} cannot be a token's name", "letters, digits, and _ . - only")
    codes = {loaded.site.asterisk.feature_codes.__dict__[n]: n for n in loaded.site.asterisk.feature_codes.__dict__}
    pause = loaded.site.asterisk.feature_codes.pause
    for reason, rule in loaded.site.acd.pause_reasons.items():
        at = ("acd", "pause_reasons", reason)
        if not _NAME.match(reason):
            yield doc.fault(at, f"{reason!r} cannot be the name of a reason", "letters, digits, and _ . - only")
        if not _CODE.match(rule.code):
            yield doc.fault((*at, "code"), f"{rule.code!r} is not a code", 'one to four digits, in quotes: "1"')
        elif (taken := codes.get(pause + rule.code)) is not None:
            yield doc.fault((*at, "code"), f"{pause + rule.code} is dialled for {taken} already", "choose another code")
        else:
            codes[pause + rule.code] = f"pause reason {reason}"


def _shifts(loaded: Loaded, doc: Document) -> Iterator[Fault]:
    for name, shift in loaded.site.acd.shifts.items():
        at = ("acd", "shifts", name)
        for path, text in _ranges(shift):
            if not RANGE.match(text) or text.split("-")[0] >= text.split("-")[1]:
                yield doc.fault((*at, *path), f"{text!r} is not a range of hours", 'write it as "08:00-17:00"')
        reasons = loaded.site.acd.pause_reasons
        for reason in shift.breaks:
            if reasons and reason not in reasons:
                hint = _near(reason, reasons) or "list it in acd.pause_reasons"
                yield doc.fault((*at, "breaks", reason), f"{reason!r} is no pause reason", hint)
        if not any(shift.week.values()):
            yield doc.fault((*at, "week"), f"shift {name!r} is never worked: every day is empty")


def _ranges(shift: Shift) -> Iterator[tuple[tuple[Key, ...], str]]:
    for day, texts in shift.week.items():
        yield from ((("week", day), text) for text in texts)
    for reason, texts in shift.breaks.items():
        yield from ((("breaks", reason), text) for text in texts)


def _agents(loaded: Loaded, doc: Document) -> Iterator[Fault]:
    shifts = loaded.site.acd.shifts
    for agent in loaded.agents.values():
        at = ("agents", key_of(doc, "agents", agent.id))
        if agent.shift and agent.shift not in shifts:
            hint = _near(agent.shift, shifts) or "describe it in ivrd.yaml: acd.shifts"
            yield doc.fault((*at, "shift"), f"there is no shift {agent.shift!r}", hint)
        if agent.capacity < 0:
            yield doc.fault((*at, "capacity"), f"capacity must be at least 0, not {agent.capacity}")


def _queues(loaded: Loaded, doc: Document) -> Iterator[Fault]:
    taken = _dialled(loaded)
    for queue in loaded.queues.values():
        yield from _transfers(loaded, queue, taken, doc)
        if 0 < queue.wrap_up_max_s < queue.wrap_up_s:
            path = ("queues", queue.id, "wrap_up_max_s")
            yield doc.fault(path, f"wrap_up_max_s ({queue.wrap_up_max_s}) is less than wrap_up_s ({queue.wrap_up_s})")


def _dialled(loaded: Loaded) -> dict[str, str]:
    """What a phone may dial or give a caller to already -> what it means."""
    codes = loaded.site.asterisk.feature_codes
    taken = {getattr(codes, f.name): f"dialled for {f.name}" for f in dataclasses.fields(codes)}
    reasons = loaded.site.acd.pause_reasons
    taken |= {codes.pause + rule.code: f"dialled for pause reason {reason}" for reason, rule in reasons.items()}
    return taken | {a.extension: f"the extension of agent {a.id!r}" for a in loaded.agents.values()}


def _transfers(loaded: Loaded, queue: Queue, taken: dict[str, str], doc: Document) -> Iterator[Fault]:
    """The extension to which agents give callers means this queue and nothing else."""
    if not queue.extension:
        return
    at = ("queues", queue.id, "extension")
    if not _EXTENSION.match(queue.extension):
        yield doc.fault(at, f"{queue.extension!r} cannot be dialled", 'digits, letters, * and #, up to 15, in quotes: "801"')
    elif (meaning := taken.get(queue.extension)) is not None:
        yield doc.fault(at, f"{queue.extension} is {meaning} already", "choose another extension")
    elif numbers.allowed(queue.extension, loaded.site.asterisk.trunk.outbound.allow):
        yield doc.fault(at, f"{queue.extension} is a number outside, too: asterisk.trunk.outbound.allow lists it", "choose another extension")
    elif not loaded.site.asterisk.sip.transfers:
        yield doc.fault(at, "nobody can give a caller to it: transfers are off", "set asterisk.sip.transfers to true in ivrd.yaml")
    taken.setdefault(queue.extension, f"the extension of queue {queue.id!r}")


def key_of(doc: Document, whole: str, name: str) -> Key:
    """The key as it stands in the file: 101 and "101" are one agent."""
    return int(name) if name.isdigit() and (whole, int(name)) in doc.places else name


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
