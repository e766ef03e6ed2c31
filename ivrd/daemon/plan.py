"""Settings become the core's plan: queues, agents, hours, flows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import holidays as public_holidays

from ivrd.adapters.prompts.catalogue import Catalogue
from ivrd.core.acd.model import Floor
from ivrd.core.calendar import Calendar, Closure, Span
from ivrd.core.ivr.flow import Flow
from ivrd.core.ivr.validate import Known
from ivrd.core.plan import CallbackRules, Outbound, Plan, Trunk
from ivrd.errors import ConfigError, Fault
from ivrd.settings import named
from ivrd.settings.flows import load_flow
from ivrd.settings.load import suggest
from ivrd.settings.site import Hours, Loaded

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def make_plan(loaded: Loaded, catalogue: Catalogue) -> Plan:
    """The plan of checked settings; ConfigError with the faults of all dialplans together."""
    if faults := unknown_prompts(loaded, catalogue):
        raise ConfigError(faults)
    return plan_of(loaded, read_flows(loaded, catalogue))


def plan_of(loaded: Loaded, flows: Iterable[Flow]) -> Plan:
    """The plan of checked settings and of these flows alone."""
    trunk, outbound = loaded.site.asterisk.trunk, loaded.site.asterisk.trunk.outbound
    plan = Plan(
        floor=Floor(queues=loaded.queues, agents=loaded.agents, rules=loaded.site.acd),
        calendar=calendar(loaded.hours),
        dids=dict(loaded.site.dids),
        language=loaded.site.languages[0],
        may_call_back=loaded.site.callbacks.allow,
        callbacks=CallbackRules(
            dial=loaded.site.callbacks.dial,
            attempts=loaded.site.callbacks.attempts,
            retry_after_s=loaded.site.callbacks.retry_after_s,
            ring_timeout_s=loaded.site.callbacks.ring_timeout_s,
        ),
        guards=loaded.site.guards,
        recording=loaded.site.recording,
        trunk=Trunk(
            channels=trunk.channels,
            reserve=trunk.reserve,
            full_says=trunk.full_says,
            full_cause=trunk.full_cause,
        ),
        outbound=Outbound(
            trunk="trunk",
            allow=outbound.allow,
            per_day=outbound.per_day,
            per_agent_day=outbound.per_agent_day,
            caller_id=outbound.caller_id,
        ),
    )
    for flow in flows:
        plan.add(flow)
    return plan


def unknown_prompts(loaded: Loaded, catalogue: Catalogue) -> list[Fault]:
    """Prompts named in the settings that have no text."""
    return [
        loaded.documents[file].fault(
            path,
            f"there is no prompt {key!r}",
            suggest(key, catalogue.entries) or "write its text into prompts/catalogue.yaml",
        )
        for file, path, key in named.prompts(loaded)
        if key not in catalogue.entries
    ]


def read_flows(loaded: Loaded, catalogue: Catalogue) -> list[Flow]:
    """Every flow that a DID names."""
    directory = loaded.path(loaded.site.paths.dialplans)
    flows, faults = list[Flow](), list[Fault]()
    for name in sorted(set(loaded.site.dids.values())):
        try:
            flows.append(read_flow(directory / f"{name}.yaml", loaded, catalogue))
        except ConfigError as exc:
            faults += exc.faults
    if faults:
        raise ConfigError(faults)
    return flows


def read_flow(path: Path, loaded: Loaded, catalogue: Catalogue) -> Flow:
    """One flow, checked against this site's queues, languages and prompts."""
    known = Known(
        queues=loaded.queues, languages=loaded.site.languages, prompts=catalogue.entries.keys(),
        services=loaded.site.services,
        skills=sorted({skill for agent in loaded.agents.values() for skill in agent.skills}),
        spoken_in={key: entry.texts.keys() for key, entry in catalogue.entries.items()},
        needs={queue.id: queue.skills for queue in loaded.queues.values()},
        teams=[agent.skills for agent in loaded.agents.values()],
        extensions=[a.extension for a in loaded.agents.values()],
        may_dial=loaded.site.asterisk.trunk.outbound.allow,
        mailboxes=loaded.site.voicemail.boxes,
        may_call_back=loaded.site.callbacks.allow,
    )
    return load_flow(path, known)


def calendar(hours: Hours) -> Calendar:
    """The admin's hours as the core's calendar."""
    # named in the language of the rest of what operators read: else in that of whoever started us
    holidays = public_holidays.country_holidays(hours.public_holidays, language="en_US") if hours.public_holidays else {}
    zone = ZoneInfo(hours.timezone)
    return Calendar(
        tz=zone,
        week={_DAYS.index(day): _spans(texts) for day, texts in hours.week.items()},
        # the library computes a year's holidays when one of its days is looked up
        holidays=cast("dict[object, str]", holidays),  # type: ignore[arg-type]
        closed=hours.closed,
        breaks={reason: _spans(texts) for reason, texts in hours.breaks.items()},
        closures=tuple(
            Closure(start=c.start.replace(tzinfo=zone), end=c.end.replace(tzinfo=zone), reason=c.reason)
            for c in hours.closures
        ),
        says=hours.says,
        opened={day: _spans(texts) for day, texts in hours.open.items()},
    )


def _spans(texts: tuple[str, ...]) -> tuple[Span, ...]:
    return tuple(Span.parse(text) for text in texts)
