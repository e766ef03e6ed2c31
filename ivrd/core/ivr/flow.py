"""A flow: what a file in dialplans/ becomes once it is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol

from ivrd.core.ivr.expression import Programs
from ivrd.core.ivr.problem import Known, Problem
from ivrd.core.ivr.shape import targets
from ivrd.core.ivr.walk import Answer, Around, Request, Walk


class Verb(Protocol):
    """What a node does. A verb is frozen: all that changes is in the Walk.

    A verb is a dataclass whose fields say what they name (shape.py). Each method returns what is asked
    for next; an empty tuple changes nothing. ``verbs/base.py`` has what most verbs answer.
    """

    verb: ClassVar[str]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        """The caller comes to this node; also after a restart, with the same attempt."""
        ...

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        """A key was pressed while saying, listening or waiting for an answer."""
        ...

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        """What was to be said has been said."""
        ...

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        """Nothing was pressed while listening."""
        ...

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        """What was asked of the outside (walk.Ask) is done, has failed, or took too long."""
        ...

    def problems(self, known: Known) -> Iterable[Problem]:
        """What is wrong with this node beside the names in it; paths begin at the verb's body."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a call may cost before the flow is held to be broken."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    steps: int = 200  #: nodes entered in one call
    loops: int = 10  #: one node entered so often while the caller gave no key and nothing outside answered
    ivr_s: float = 1800.0  #: in the menus at one stretch; a queue has its own max_wait_s
    variables: int = 50
    variable_length: int = 500  #: characters of one variable
    depth: int = 5  #: sub-flows within sub-flows


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A named, versioned graph of nodes. ``version`` is taken from the text: same text, same version."""

    name: str
    version: str
    start: str
    nodes: dict[str, Verb]
    limits: Limits = Limits()
    text: str = field(default="", repr=False, compare=False)  #: as the admin wrote it
    programs: Programs = field(default_factory=Programs)
    variables: dict[str, str] = field(default_factory=dict)  #: declared: name -> type
    arguments: dict[str, str] = field(default_factory=dict)  #: a sub-flow's: name -> type
    returns: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Flow] = field(default_factory=dict)  #: every sub-flow that is run, by name

    @cached_property
    def before_masked(self) -> frozenset[str]:
        """Nodes from which the call comes to masked input without another key: keys pressed ahead are for that."""
        found = {n for n, verb in self.nodes.items() if getattr(verb, "masked", False)}
        masked = len(found)
        while True:
            more = {
                n
                for n, verb in self.nodes.items()
                if n not in found and not hasattr(verb, "tries") and any(t in found for _, t in targets(verb))
            }
            if not more:
                return frozenset(found) if masked else frozenset()
            found |= more
