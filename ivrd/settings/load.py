"""Reads a config directory: ivrd.yaml, queues.yaml, agents.yaml, calendar.yaml. All faults at once."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing
import zoneinfo
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from holidays import list_supported_countries
from pydantic import TypeAdapter, ValidationError

from ivrd.core import numbers
from ivrd.core.acd.model import Agent, Queue
from ivrd.errors import ConfigError, Fault
from ivrd.settings import bounds, floor, routing, secure, yamltext
from ivrd.settings.bounds import out_of_bounds
from ivrd.settings.site import Hours, Loaded, Site
from ivrd.settings.words import suggest as suggest  # a name that others know from here
from ivrd.settings.yamltext import Document, Key

T = TypeVar("T")
FILES = ("ivrd.yaml", "queues.yaml", "agents.yaml", "calendar.yaml")
_URL = re.compile(r"^https?://[A-Za-z0-9.\-\[\]:]+(/[^\s?#]*)?$")
_HOST = re.compile(r"^[A-Za-z0-9.-]+(:\d{1,5})?$")
_HEADER = re.compile(r"^[A-Za-z0-9-]+$")


def load(config: Path) -> Loaded:
    """Read and check everything in ``config``. ConfigError carries every fault found."""
    faults: list[Fault] = []
    documents: dict[str, Document] = {}
    for name in FILES:
        try:
            documents[name] = yamltext.load(config / name)
        except ConfigError as exc:
            faults += exc.faults
    if faults:
        raise ConfigError(faults)
    site = check(Site, documents["ivrd.yaml"], faults)
    queues = check(dict[str, Queue], documents["queues.yaml"], faults, whole="queues")
    agents = check(dict[str, Agent], documents["agents.yaml"], faults, whole="agents")
    hours = check(Hours, documents["calendar.yaml"], faults)
    if faults or site is None or queues is None or agents is None or hours is None:
        raise ConfigError(faults)
    loaded = Loaded(
        root=config.resolve().parent,
        site=site,
        queues={k: dataclasses.replace(q, id=k) for k, q in queues.items()},
        agents={k: dataclasses.replace(a, id=k, extension=a.extension or k) for k, a in agents.items()},
        hours=hours,
        documents=documents,
    )
    faults += _meaning(loaded, documents)
    if faults:
        raise ConfigError(faults)
    return loaded


def check(kind: type[T], doc: Document, faults: list[Fault], whole: str = "") -> T | None:
    """``doc`` as ``kind``; faults are appended. ``whole``: the file's only top-level key."""
    data: Any = doc.data
    prefix: tuple[Key, ...] = ()
    if whole:
        if not isinstance(data, dict) or set(data) != {whole}:
            faults.append(doc.fault((), f"must hold one key at the top: {whole!r}"))
            return None
        data, prefix = data[whole], (whole,)
        if isinstance(data, dict):
            data = {str(k): v for k, v in data.items()}
    made: T | None = validated(kind, doc, prefix, data, faults)
    return made


def validated(kind: Any, doc: Document, prefix: tuple[Key, ...], data: Any, faults: list[Fault]) -> Any:
    """``data``, which stands at ``prefix`` in ``doc``, as ``kind``; else None, and faults are appended."""
    try:
        return _adapter(kind).validate_python(data)
    except ValidationError as exc:
        faults += _translated(kind, doc, prefix, exc.errors())
        return None


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Made once: it costs more than what it is for, and a dialplan has a hundred nodes of a few kinds."""
    return TypeAdapter(kind)


def _translated(kind: Any, doc: Document, prefix: tuple[Key, ...], errors: Iterable[Any]) -> list[Fault]:
    """pydantic's errors as faults in the admin's words: one for each value, whatever it might have been."""
    ways: dict[tuple[Key, ...], list[str]] = {}  # path -> what may stand there
    inputs: dict[tuple[Key, ...], Any] = {}
    faults = []
    for error in errors:
        missing = error["type"] == "missing"
        path = _real_path(doc, prefix, error["loc"][:-1] if missing else error["loc"])
        name = ".".join(str(k) for k in path) or "the file"
        match error["type"]:
            case "unexpected_keyword_argument" | "extra_forbidden":
                known = _fields_at(kind, path[:-1])
                hint = suggest(str(path[-1]), known) or f"known keys: {', '.join(sorted(known))}"
                faults.append(doc.fault((*prefix, *path), f"unknown key {path[-1]!r}", hint))
            case "missing":
                wanted = ".".join(str(k) for k in (*path, error["loc"][-1]))
                faults.append(doc.fault((*prefix, *path), f"{wanted} is missing"))
            case "literal_error":
                ways.setdefault(path, []).append(str(error["ctx"]["expected"]))
                inputs[path] = error["input"]
            case wrong if wrong in _MUST_BE:
                ways.setdefault(path, []).append(_MUST_BE[wrong])
                inputs[path] = error["input"]
            case _:
                faults.append(doc.fault((*prefix, *path), f"{name}: {error['msg'].lower()}, got {error['input']!r}"))
    for path, what in ways.items():
        if any(len(deeper) > len(path) and deeper[: len(path)] == path for deeper in ways):
            continue  # of a union: what is there is of the right kind, and wrong inside
        name = ".".join(str(k) for k in path) or "the file"
        message = f"{name} must be {' or '.join(dict.fromkeys(what))}, not {inputs[path]!r}"
        bare = what == ["text"] and isinstance(inputs[path], int | float)
        faults.append(doc.fault((*prefix, *path), message, "put it in quotes" if bare else ""))
    return faults


#: pydantic's word for what is wrong -> what would be right
_MUST_BE = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a map of keys",
    "dataclass_type": "a map of keys",
}


def _real_path(doc: Document, prefix: tuple[Key, ...], loc: Iterable[Key]) -> tuple[Key, ...]:
    """Without pydantic's own words for keys and for the ways of a union; 1 and "1" as they stand in the file."""
    path: list[Key] = []
    for key in loc:
        before = (*prefix, *path)
        if isinstance(key, str) and key.isdigit() and (*before, int(key)) in doc.places:
            path.append(int(key))
        elif isinstance(key, int) or (*before, key) in doc.places:
            path.append(key)
    return tuple(path)


def _fields_at(kind: Any, path: Iterable[Key]) -> set[str]:
    """Names of the keys allowed at ``path`` inside ``kind``."""
    for key in path:
        if dataclasses.is_dataclass(kind):
            kind = typing.get_type_hints(kind).get(str(key))
        elif typing.get_args(kind):
            kind = typing.get_args(kind)[-1]
    return {f.name for f in dataclasses.fields(kind)} - {"id"} if dataclasses.is_dataclass(kind) else set()


def _meaning(loaded: Loaded, documents: dict[str, Document]) -> list[Fault]:
    """Faults that only show when the files are read together."""
    faults: list[Fault] = []
    agents, queues = documents["agents.yaml"], documents["queues.yaml"]
    faults += routing.queues(loaded.queues, loaded.agents, queues)
    faults += routing.agents(loaded.agents, agents)
    seen: dict[str, str] = {}
    for agent in loaded.agents.values():
        key: Key = int(agent.id) if agent.id.isdigit() and ("agents", int(agent.id)) in agents.places else agent.id
        if agent.extension in seen:
            faults.append(
                agents.fault(
                    ("agents", key, "extension"),
                    f"extension {agent.extension} belongs to agent {seen[agent.extension]!r} already",
                )
            )
        seen[agent.extension] = agent.id
        if not agent.extension.isalnum():
            faults.append(
                agents.fault(("agents", key), f"extension {agent.extension!r} must be letters and digits")
            )
        for language in agent.languages:
            if language not in loaded.site.languages:
                faults.append(
                    agents.fault(
                        ("agents", key, "languages"),
                        f"language {language!r} is not one of the site's: {', '.join(loaded.site.languages)}",
                    )
                )
    faults += floor.faults(loaded)
    return faults + _hours(loaded.hours, documents["calendar.yaml"]) + _site(loaded, documents["ivrd.yaml"])


def _hours(hours: Hours, doc: Document) -> list[Fault]:
    faults = []
    places: list[tuple[tuple[Key, ...], tuple[str, ...]]] = [(("week", d), r) for d, r in hours.week.items()]
    places += [(("open", d.isoformat()), r) for d, r in hours.open.items()]
    for path, ranges in places:
        for text in ranges:
            if not floor.RANGE.match(text) or text.split("-")[0] >= text.split("-")[1]:
                faults.append(doc.fault(path, f"{text!r} is not a range of hours", 'write it as "08:00-17:00"'))
    if not any(hours.week.values()):
        faults.append(doc.fault(("week",), "the lines never open: every day is empty"))
    elif not faults and not _ever_open(hours):
        faults.append(doc.fault(("breaks",), "the lines never open: breaks take all hours of every day"))
    try:
        zoneinfo.ZoneInfo(hours.timezone)
    except (KeyError, ValueError, OSError):
        faults.append(doc.fault(("timezone",), f"no such time zone: {hours.timezone!r}", 'for example "Asia/Jakarta"'))
    if hours.public_holidays and hours.public_holidays not in list_supported_countries():
        faults.append(
            doc.fault(
                ("public_holidays",),
                f"no public holidays are known for {hours.public_holidays!r}",
                'a country code, for example ID; "" = none',
            )
        )
    return faults


def _services(site: Site, doc: Document) -> list[Fault]:
    faults = []
    for name, service in site.services.items():
        at = ("services", name)
        if not _URL.match(service.url):
            faults.append(doc.fault((*at, "url"), f"{service.url!r} is not a URL", "http(s)://host[:port][/path]"))
        numbers = {"at_once": service.at_once, "max_bytes": service.max_bytes, "breaker_failures": service.breaker_failures}
        faults += [doc.fault((*at, k), f"{k} must be at least 1, not {n}") for k, n in numbers.items() if n < 1]
        if service.breaker_open_s < 0:
            faults.append(doc.fault((*at, "breaker_open_s"), "breaker_open_s must be at least 0"))
        if not name.isidentifier():
            faults.append(doc.fault(at, f"{name!r}: a service's name is letters, digits and _"))
        for header, value in service.headers.items():
            if not _HEADER.match(header) or any(c in value for c in "\r\n\0"):
                faults.append(doc.fault((*at, "headers", header), f"{header!r} cannot be sent as a header"))
    return faults


def _outbound(site: Site, doc: Document) -> list[Fault]:
    outbound, at = site.asterisk.trunk.outbound, ("asterisk", "trunk", "outbound")
    faults = [
        doc.fault((*at, "allow", i), message)
        for i, pattern in enumerate(outbound.allow)
        if (message := numbers.fault(pattern))
    ]
    if outbound.allow and site.asterisk.trunk.kind == "ip" and not outbound.server:
        faults.append(doc.fault(at, "there is no `server` to send calls to", "host[:port] of the carrier"))
    if outbound.server and not _HOST.match(outbound.server):
        faults.append(doc.fault((*at, "server"), f"{outbound.server!r} is not host[:port]"))
    if outbound.caller_id and not outbound.caller_id.lstrip("+").isdigit():
        faults.append(doc.fault((*at, "caller_id"), f"{outbound.caller_id!r} is not a number"))
    for name, limit in (("per_day", outbound.per_day), ("per_agent_day", outbound.per_agent_day)):
        if limit < 0:
            faults.append(doc.fault((*at, name), f"{name} must be at least 0"))
    return faults


def _ever_open(hours: Hours) -> bool:
    """Whether any minute of the week, or of a day that is open against the rule, is no break."""
    breaks = set[int]().union(*(_minutes(text) for ranges in hours.breaks.values() for text in ranges))
    days = [*hours.week.values(), *hours.open.values()]
    return any(not _minutes(text) <= breaks for ranges in days for text in ranges)


def _minutes(text: str) -> set[int]:
    """Minutes since midnight of "08:00-17:00"."""
    first, last = (int(t[:2]) * 60 + int(t[3:5]) for t in text.split("-"))
    return set(range(first, last))


def _site(loaded: Loaded, doc: Document) -> list[Fault]:
    site = loaded.site
    faults = [doc.fault(p, m) for p, m in out_of_bounds(site, bounds.SITE)]
    if site.asterisk.sip.rtp_last < site.asterisk.sip.rtp_first:
        faults.append(doc.fault(("asterisk", "sip", "rtp_last"), "rtp_last is below rtp_first: no port is left"))
    if not site.dids:
        faults.append(doc.fault(("dids",), "no number is served: list at least one DID"))
    for did, flow in site.dids.items():
        path = loaded.path(site.paths.dialplans) / f"{flow}.yaml"
        if not path.exists():
            faults.append(doc.fault(("dids", did), f"DID {did}: there is no dialplan {path}"))
    faults += _services(site, doc) + _outbound(site, doc) + secure.faults(loaded, doc)
    faults += [
        doc.fault(("voicemail", "boxes", name, "mail"), f"mailbox {name!r} has addresses, but voicemail.smtp.host is not set")
        for name, box in site.voicemail.boxes.items()
        if box.mail and not site.voicemail.smtp.host
    ]
    lists = {
        ("callbacks", "allow"): site.callbacks.allow,
        ("guards", "vip"): site.guards.vip,
        ("guards", "block"): site.guards.block,
    }
    faults += [
        doc.fault((*path, i), message)
        for path, patterns in lists.items()
        for i, pattern in enumerate(patterns)
        if (message := numbers.fault(pattern))
    ]
    for queue in loaded.queues.values():
        if queue.music and queue.music not in site.music:
            hint = suggest(queue.music, site.music) or "list its directory below `music` in config/ivrd.yaml"
            place = ("queues", queue.id, "music")
            faults.append(loaded.documents["queues.yaml"].fault(place, f"there is no music {queue.music!r}", hint))
    trunk = site.asterisk.trunk
    if site.callbacks.dial and not trunk.outbound.allow:
        hint = "list the numbers that may be dialled below asterisk.trunk.outbound.allow, for example 08XXXXXXX."
        faults.append(doc.fault(("callbacks", "dial"), "nothing may be dialled outside", hint))
    if trunk.kind == "register" and not (trunk.server and trunk.user):
        faults.append(doc.fault(("asterisk", "trunk"), "a trunk that registers needs `server` and `user`"))
    if trunk.reserve >= trunk.channels:
        faults.append(doc.fault(("asterisk", "trunk", "reserve"), f"reserve {trunk.reserve} leaves no channel of {trunk.channels} for callers"))
    elif trunk.full_says and not trunk.reserve:
        hint = "set `reserve: 1`, or leave `full_says` out"
        faults.append(doc.fault(("asterisk", "trunk", "full_says"), "a caller can hear it only on a channel kept in `reserve`", hint))
    codes = dataclasses.asdict(site.asterisk.feature_codes)
    if len(set(codes.values())) < len(codes):
        faults.append(doc.fault(("asterisk", "feature_codes"), "two features share one code"))
    return faults
