"""What a call went through, as facts in their order. ``at``: seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass

from ivrd.core.ivr.shape import Path
from ivrd.core.speech import Speech


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened in a call."""

    at: float


@dataclass(frozen=True, kw_only=True)
class Dialled(Fact):
    """The call began."""

    did: str
    number: str


@dataclass(frozen=True, kw_only=True)
class Entered(Fact):
    """The caller came to ``node``, by the way at ``path`` of ``source`` ("" when no way was named)."""

    node: str
    source: str = ""
    path: Path = ()


@dataclass(frozen=True, kw_only=True)
class Chose(Fact):
    """A key was used by ``node`` itself, at once or typed ahead."""

    node: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Pressed(Fact):
    """The caller pressed keys."""

    keys: str


@dataclass(frozen=True, kw_only=True)
class Said(Fact):
    """The caller is being told something."""

    node: str
    speech: tuple[Speech, ...]
    language: str


@dataclass(frozen=True, kw_only=True)
class Joined(Fact):
    """The caller waits for an agent."""

    queue: str
    skills: tuple[str, ...]
    language: str
    priority: int


@dataclass(frozen=True, kw_only=True)
class Rang(Fact):
    """An agent's phone rings for the caller."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class Talking(Fact):
    """An agent answered."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class Ended(Fact):
    """The call is over. ``by``: caller, agent or system; ``cause``: Q.850."""

    disposition: str
    by: str
    cause: int
