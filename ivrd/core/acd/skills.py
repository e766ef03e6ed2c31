"""Skills with levels (1 to 10), and what a call asks of an agent.

A skill that is only named is worth: at an agent ``USUAL``, in a demand ``ANY`` (whoever has it, at any level).
Languages are skills, too, under a name of their own (``language:en``), so that all that is said of skills holds
for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

#: as written: a list of names, or a map from name to level
Skills = tuple[str, ...] | dict[str, int]

ANY, USUAL, BEST = 1, 5, 10
#: the caller's language, where a setting names skills; no skill may be called so
LANGUAGE = "language"

Levels = tuple[tuple[str, int], ...]  #: of a demand: (skill, least level), sorted


def levels(skills: Skills, plain: int = ANY) -> dict[str, int]:
    """Skill -> level; ``plain`` where none is written."""
    return dict(skills) if isinstance(skills, dict) else dict.fromkeys(skills, plain)


def least(skills: Mapping[str, int]) -> Levels:
    """Of a demand, in one order: equal demands are equal values."""
    return tuple(sorted(skills.items()))


def language(code: str) -> str:
    """A language's name among the skills."""
    return f"{LANGUAGE}:{code}"


def spoken(name: str, level: int) -> str:
    """For people: "kbli >= 7"; the level only where it matters."""
    if name.startswith(f"{LANGUAGE}:"):
        name = name.replace(":", " ")
    return f"{name} >= {level}" if level > ANY else name


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Agents who can do the same: same levels, same groups. The router looks at kinds, not at agents."""

    levels: Mapping[str, int]
    groups: frozenset[str] = frozenset()
    agents: tuple[str, ...] = ()
    breadth: int = 0  #: queues served, times languages spoken: a specialist has few


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to be able to take a call: every skill of ``all``, one of each group of ``any_of``, in ``group``."""

    all: Levels = ()
    any_of: tuple[Levels, ...] = ()
    group: str = ""  #: of agents; "": any

    def open_to(self, kind: Kind) -> bool:
        """Agents of that kind can."""
        return not self.lacking(kind)

    def spoken(self) -> str:
        """For people: what is needed."""
        some = [" or ".join(spoken(*skill) for skill in group) for group in self.any_of]
        group = (f"group {self.group}",) if self.group else ()
        return ", ".join((*group, *(spoken(*skill) for skill in self.all), *some))

    def lacking(self, kind: Kind) -> str:
        """What agents of that kind lack first, for people; "" when nothing."""
        if self.group and self.group not in kind.groups:
            return f"group {self.group}"
        for name, level in self.all:
            if kind.levels.get(name, 0) < level:
                return spoken(name, level)
        for group in self.any_of:
            if all(kind.levels.get(name, 0) < level for name, level in group):
                return " or ".join(spoken(name, level) for name, level in group)
        return ""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a call asks of an agent now: one of ``ways``; who has what is ``preferred`` is asked first."""

    ways: tuple[Way, ...] = (Way(),)
    preferred: Levels = ()

    @cached_property
    def _hash(self) -> int:
        return hash((self.ways, self.preferred))

    def __hash__(self) -> int:
        """Worked out once: lines and tiers are looked up by it, several times an offer."""
        return self._hash

    def open_to(self, kind: Kind) -> bool:
        """Agents of that kind may be offered the call."""
        return any(way.open_to(kind) for way in self.ways)

    def lacking(self, kind: Kind) -> str:
        """What agents of that kind lack, of the first way; "" when they can."""
        return "" if self.open_to(kind) else self.ways[0].lacking(kind)

    def spoken(self) -> str:
        """For people: what an agent needs, one way or another."""
        return "; or ".join(way.spoken() for way in self.ways)

    def preference(self, kind: Kind) -> int:
        """How far agents of that kind are preferred: the levels of what they have of it, added up."""
        if not self.preferred:
            return 0
        return sum(kind.levels[name] for name, level in self.preferred if kind.levels.get(name, 0) >= level)

    def mastery(self, kind: Kind) -> int:
        """The levels of what the call asks for, added up: who is best at it has most."""
        asked = {name for name, _ in self.ways[0].all} | {n for group in self.ways[0].any_of for n, _ in group}
        return sum(kind.levels.get(name, 0) for name in asked)
