"""A flow: what a file in dialplans/ becomes once it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from ivrd.core.ivr.walk import Around, Request, Walk


class Verb(Protocol):
    """What a node does. A verb is frozen: all that changes is in the Walk.

    Each method returns what is asked for next; an empty tuple changes nothing.
    """

    verb: ClassVar[str]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        """The caller comes to this node."""
        ...

    def digit(self, walk: Walk, around: Around, digit: str) -> tuple[Request, ...]:
        """A key was pressed while saying or listening."""
        ...

    def said(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        """What was to be said has been said."""
        ...

    def timed_out(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        """Nothing was pressed while listening."""
        ...

    def targets(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Every node named here, with the path of the key that names it."""
        ...

    def says(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Every prompt named here, with the path of the key that names it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a call may cost before the flow is held to be broken."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    steps: int = 200  #: nodes entered in one call


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A named, versioned graph of nodes. ``version`` is taken from the text: same text, same version."""

    name: str
    version: str
    start: str
    nodes: dict[str, Verb]
    limits: Limits = Limits()
