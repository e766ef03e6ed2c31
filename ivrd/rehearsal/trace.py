"""What a call went through, as facts in their order. ``at``: seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivrd.core.calendar import OpenState
from ivrd.core.ivr.orders import Order
from ivrd.core.ivr.shape import Path
from ivrd.core.ivr.walk import Scalar
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
    part: str = ""  #: the sub-flow that both stand in; "" = the flow itself

    @property
    def place(self) -> str:
        """As in a call's path: ``sub-flow/node``, or only the node."""
        return f"{self.part}/{self.node}" if self.part else str(self.node)


@dataclass(frozen=True, kw_only=True)
class Chose(Fact):
    """A key was used by ``node`` itself, at once or typed ahead."""

    node: str
    key: str
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class Looked(Fact):
    """A node went by the calendar."""

    state: OpenState


@dataclass(frozen=True, kw_only=True)
class Weighed(Fact):
    """A node had an expression evaluated. ``named``: what it names, with the values of that moment."""

    text: str
    named: Mapping[str, Scalar]
    value: Scalar | None  #: None: it has none now


@dataclass(frozen=True, kw_only=True)
class Pressed(Fact):
    """The caller pressed keys; "?" for each that is masked input."""

    keys: str


@dataclass(frozen=True, kw_only=True)
class Silent(Fact):
    """The caller pressed nothing for so long that the flow went on."""


@dataclass(frozen=True, kw_only=True)
class Asked(Fact):
    """The flow asks something of the outside. Masked input stands in it as a placeholder."""

    order: Order


@dataclass(frozen=True, kw_only=True)
class Answered(Fact):
    """What came of it; ``timeout`` when nothing did."""

    outcome: str
    values: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Dialling(Fact):
    """The flow calls somebody for the caller."""

    to: str


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
class Diverted(Fact):
    """A queue did not take the caller, or did not keep one. ``why``: as in core/queueing.py."""

    queue: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Rang(Fact):
    """An agent's phone rings for the caller."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class Missed(Fact):
    """The phone rings no more, and nobody answered it."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class Talking(Fact):
    """An agent answered."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class Connected(Fact):
    """Whom the flow called answered."""

    to: str


@dataclass(frozen=True, kw_only=True)
class Returned(Fact):
    """A conversation is over, and the caller is still there. ``result``: of a dial; "" of an agent's."""

    result: str


@dataclass(frozen=True, kw_only=True)
class Ended(Fact):
    """The call is over. ``by``: caller, agent or system; ``cause``: Q.850."""

    disposition: str
    by: str
    cause: int
