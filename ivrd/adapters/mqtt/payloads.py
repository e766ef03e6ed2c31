"""Views and events as JSON payloads. Pure; docs/mqtt.asyncapi.yaml is their contract.

Times are ISO 8601 in UTC with milliseconds, so that a display counts seconds by itself.
No payload carries a caller's number or name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from ivrd.core.commands import PublishEvent
from ivrd.core.views import AgentView, AlertView, QueueView, TrunkView
from ivrd.errors import Fault

SCHEMA = 1  #: version of all payloads; fields may be added within a version

Payload = dict[str, object]

FAULTS_MAX = 20  #: in an alert; the log has all of them
_NUMBER = re.compile(r"\d{6,}")  #: may be a person's telephone number that an admin wrote into a file

#: Facts that would name a caller; the core does not send them, and here they end.
_PRIVATE = frozenset({"caller", "caller_number", "caller_name", "number", "ani", "cli"})


def iso(at: float) -> str:
    """``2026-11-24T01:02:03.456Z``."""
    moment = dt.datetime.fromtimestamp(at, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def queue(view: QueueView, at: float) -> Payload:
    """State of a queue, as known at ``at``."""
    return {
        "at": iso(at),
        "queue": view.queue,
        "title": view.title,
        "waiting": view.waiting,
        "longest_wait_since": _iso_or_none(view.longest_wait_since),
        "talking": view.talking,
        "agents": dict(view.agents),
        "expected_wait_s": view.expected_wait_s,
        "expected_wait_measured_today": view.expected_wait_measured_today,
        "expected_wait_bias_s_today": view.expected_wait_bias_s_today,
        "expected_wait_error_s_today": view.expected_wait_error_s_today,
        "service_level_s": view.service_level_s,
        "offered_today": view.offered_today,
        "answered_today": view.answered_today,
        "answered_in_level_today": view.answered_in_level_today,
        "abandoned_today": view.abandoned_today,
        "short_abandoned_today": view.short_abandoned_today,
        "service_level_today": view.service_level_today,
        "callbacks": view.callbacks,
        "callbacks_in_line": view.callbacks_in_line,
        "callbacks_dialled": view.callbacks_dialled,
        "callbacks_asked_today": view.callbacks_asked_today,
        "callbacks_reached_today": view.callbacks_reached_today,
        "callbacks_failed_today": view.callbacks_failed_today,
        "callbacks_wait_s_today": view.callbacks_wait_s_today,
        "diverted_today": view.diverted_today,
    }


def agent(view: AgentView, at: float) -> Payload:
    """State of an agent, as known at ``at``."""
    return {
        "at": iso(at),
        "agent": view.agent,
        "name": view.name,
        "extension": view.extension,
        "presence": view.presence,
        "since": iso(view.since),
        "reason": view.reason,
        "reachable": view.reachable,
        "private_call": view.private_call,
        "resting_until": _iso_or_none(view.resting_until),
        "available": view.available,
        "queue": view.queue,
        "call": view.call,
        "on_hold_since": _iso_or_none(view.on_hold_since),
        "wrap_up_until": _iso_or_none(view.wrap_up_until),
    }


def trunk(view: TrunkView, at: float) -> Payload:
    """State of the trunk, as known at ``at``."""
    return {
        "at": iso(at),
        "channels": view.channels,
        "reserve": view.reserve,
        "in_use": view.in_use,
        "blocked_today": view.blocked_today,
    }


def event(command: PublishEvent) -> Payload:
    """Something that happened; facts that would name a caller are left out."""
    return {
        "at": iso(command.at),
        "kind": command.kind,
        "call": command.call,
        "facts": {k: v for k, v in command.facts.items() if k not in _PRIVATE},
    }


def alert(name: str, at: float, since: float | None, faults: Sequence[Fault]) -> Payload:
    """Something that a person must mend; ``since`` None: it is mended."""
    return {
        "at": iso(at),
        "alert": name,
        "raised": since is not None,
        "since": _iso_or_none(since),
        "faults": [_fault(fault) for fault in faults[:FAULTS_MAX]],
        "agents": [],
        "more": max(0, len(faults) - FAULTS_MAX),
    }


def agents_alert(view: AlertView, at: float) -> Payload:
    """Agents whom a team leader should see to; with nobody in it, it is cleared."""
    return {
        "at": iso(at),
        "alert": view.alert,
        "raised": bool(view.agents),
        "since": _iso_or_none(min((a.since for a in view.agents), default=None)),
        "faults": [],
        "agents": [
            {"agent": a.agent, "alert": a.alert, "since": iso(a.since), "reason": a.reason} for a in view.agents
        ],
        "more": 0,
    }


def _fault(fault: Fault) -> Payload:
    return {
        "file": fault.file,
        "line": fault.line,
        "column": fault.column,
        "message": _NUMBER.sub("*", fault.message),
        "hint": _NUMBER.sub("*", fault.hint),
    }


def status(state: str, at: float) -> Payload:
    """The daemon's own state: online, draining or offline."""
    return {"at": iso(at), "state": state}


def stamped(payload: Mapping[str, object], boot: str, seq: int) -> Payload:
    """``payload`` in its envelope: ``seq`` grows per topic and starts anew with each ``boot``."""
    return {"schema": SCHEMA, "boot": boot, "seq": seq, **payload}


def _iso_or_none(at: float | None) -> str | None:
    return None if at is None else iso(at)
