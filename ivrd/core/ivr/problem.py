"""A problem of a flow, and what a flow may name: shared by the validator and by each verb's own check."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ivrd.core.acd.skills import Skills
from ivrd.core.ivr.shape import Path


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong: where (path of keys), what, and the words that would be right."""

    path: Path
    message: str
    word: str = ""  #: the offending word ...
    known: tuple[str, ...] = ()  #: ... and those that exist, for "did you mean"
    hint: str = ""  #: what to do, where no word is near
    rule: str = ""  #: names the kind of problem, for machines: "dead-end"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a flow may name."""

    queues: Collection[str]
    languages: Collection[str]
    prompts: Collection[str]
    skills: Collection[str] = ()
    spoken_in: Mapping[str, Collection[str]] = field(default_factory=dict)  #: prompt -> languages; not listed: all
    needs: Mapping[str, Skills] = field(default_factory=dict)  #: queue -> skills it asks for, and least levels
    teams: Collection[Skills] = ()  #: the skills of each agent, and their levels
    flows: Collection[str] = ()
    extensions: Collection[str] = ()  #: agents' phones
    may_dial: Collection[str] = ()  #: patterns of config/ivrd.yaml
    may_call_back: Collection[str] = ()  #: patterns of config/ivrd.yaml
    services: Collection[str] = ()  #: of config/ivrd.yaml, for http
    ways: bool = True  #: look at the ways through the flow, too; False for a piece of one
    mailboxes: Collection[str] = ()  #: of config/ivrd.yaml, for voicemail


def unknown(path: Path, what: str, word: str, known: Collection[str]) -> Problem:
    """``word`` is not among ``known``."""
    return Problem(path=path, message=f"there is no {what} {word!r}", word=word, known=tuple(known), rule=f"unknown-{what.replace(' ', '-')}")


def at_least(path: Path, value: float, least: float, unit: str = "") -> list[Problem]:
    """A number that is too small is a problem."""
    if value >= least:
        return []
    return [Problem(path=path, message=f"must be at least {least:g}{unit and ' ' + unit}, not {value:g}")]
