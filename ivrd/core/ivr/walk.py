"""A caller's walk through a flow: explicit state, and what a verb can ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ivrd.core.acd.skills import Skills
from ivrd.core.calendar import OpenState
from ivrd.core.ivr.orders import Order
from ivrd.core.speech import Clock, Date, Prompt, Speech

if TYPE_CHECKING:
    from ivrd.core.ivr.expression import Programs


class Phase(StrEnum):
    """What the interpreter waits for at the present node."""

    MOVING = "moving"  #: nothing: it goes on by itself
    SAYING = "saying"  #: the prompt to end, or a key
    LISTENING = "listening"  #: a key, or the time-out
    ASKING = "asking"  #: an answer from outside, or the time-out
    AWAY = "away"  #: the caller is in a queue or the flow is over


Scalar = bool | int | float | str  #: what a variable may hold


@dataclass(kw_only=True)
class Frame:
    """Where a sub-flow returns to, and what its caller had: one for each ``run`` in progress."""

    part: str  #: the part of the flow that ran it; "" = the flow itself
    node: str  #: the ``run`` node
    vars: dict[str, Scalar] = field(default_factory=dict)
    menus: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Walk:
    """Where a caller is in a flow. Plain values only: it is part of every snapshot."""

    flow: str
    version: str  #: the flow's; a call ends on the version it began with
    language: str
    node: str = ""
    phase: Phase = Phase.MOVING
    attempt: int = 1  #: at the present node
    typed: str = ""  #: keys pressed ahead, not used yet
    menus: list[str] = field(default_factory=list)  #: menus passed, for "back"
    path: list[str] = field(default_factory=list)  #: every node entered
    tags: list[str] = field(default_factory=list)
    steps: int = 0
    turn: str = ""  #: of the present node's dialogue, where it has several
    entry: str = ""  #: keys of the number being typed at the present node
    answers: dict[str, int] = field(default_factory=dict)  #: survey: scale -> answer
    record: bool = True  #: the conversation to come
    vars: dict[str, Scalar] = field(default_factory=dict)
    masked: list[str] = field(default_factory=list)  #: variables whose values are nowhere in here
    part: str = ""  #: the sub-flow that is being walked; "" = the flow itself
    stack: list[Frame] = field(default_factory=list)  #: sub-flows in progress, the innermost last
    entered: dict[str, int] = field(default_factory=dict)  #: node -> times since the caller's last input
    since: float = 0.0  #: when the caller came to the flow, or back to it from a queue


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a verb may know of the world at this moment."""

    hours: OpenState
    at: float = 0.0
    now: dt.datetime = dt.datetime(1970, 1, 1)  #: local
    vip: bool = False  #: the caller is on the list of VIPs
    programs: Programs = field(default_factory=lambda: _no_programs())
    queue: Callable[[str], dict[str, int]] = lambda queue: {}  #: facts of a queue (expression.QUEUE_FACTS)
    number: str = ""  #: the caller's; "" when withheld
    did: str = ""  #: the number dialled
    may_call_back: tuple[str, ...] = ()  #: patterns of numbers


def _no_programs() -> Programs:
    from ivrd.core.ivr.expression import Programs

    return Programs()


# --- what a verb asks for


@dataclass(frozen=True, kw_only=True)
class Goto:
    """Enter another node."""

    node: str


@dataclass(frozen=True, kw_only=True)
class Say:
    """Say something, then tell the verb that it ended."""

    speech: tuple[Speech, ...]


@dataclass(frozen=True, kw_only=True)
class Hush:
    """Stop what is being said."""


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Wait so long for a key."""

    timeout_s: float


@dataclass(frozen=True, kw_only=True)
class JoinQueue:
    """Hand the caller to a queue; ``overflow`` is the node to come back to when nobody takes the call."""

    queue: str
    overflow: str = ""
    full: str = ""  #: in its place when too many wait ...
    nobody: str = ""  #: ... and when nobody who may serve the caller is logged in; "": as the queue says
    waited: str = ""  #: ... and when the caller has waited ``max_wait_s``
    expected: str = ""  #: ... and when the wait would be too long
    closing: str = ""  #: ... and when it would end too long after closing time
    keep_place: bool = False  #: waits since the first queue of the call
    after: str = ""  #: entered when the agent hangs up first; "": the call ends
    skills: Skills = ()  #: on top of the queue's, as are those below
    any_of: tuple[Skills, ...] = ()
    preferred: Skills = ()
    priority: int | None = None  #: in place of the queue's
    announce_every_s: int | None = None  #: in place of the queue's


@dataclass(frozen=True, kw_only=True)
class EndCall:
    """Hang the caller up. ``cause``: Q.850. ``why``: closed, completed, no_input or failed."""

    cause: int = 16
    why: str = "completed"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Have ``order`` done outside while the caller waits; the verb is told by ``answered``."""

    order: Order
    deadline_s: float  #: past this the answer is ``timeout``, and what comes later is ignored


@dataclass(frozen=True, kw_only=True)
class Run:
    """Walk a part of the flow with variables of its own; the verb is told by ``answered`` (RETURNED)."""

    part: str
    vars: Mapping[str, Scalar]


@dataclass(frozen=True, kw_only=True)
class Return:
    """End the part that is being walked; ``values`` go to who ran it."""

    values: Mapping[str, Scalar]


@dataclass(frozen=True, kw_only=True)
class KeepCallback:
    """Note that ``number`` wants to be called back by the queue's agents; needs no answer."""

    queue: str
    number: str


@dataclass(frozen=True, kw_only=True)
class Replay:
    """Play the caller's message back, then say ``then``; its end is told as that of a Say."""

    then: tuple[Speech, ...]


@dataclass(frozen=True, kw_only=True)
class SendMessage:
    """Deliver what the caller recorded; needs no answer."""


@dataclass(frozen=True, kw_only=True)
class DropMessage:
    """Forget what the caller recorded."""


RETURNED = "returned"  #: outcome of a Run

@dataclass(frozen=True, kw_only=True)
class DialOut:
    """Call an agent's ``extension`` or a ``number`` outside for the caller; the verb is told by ``answered``."""

    extension: str
    number: str
    timeout_s: int
    max_s: int  #: of the conversation


@dataclass(frozen=True, kw_only=True)
class TransferTo:
    """Give the caller away; the verb is told by ``answered`` only when that may not be."""

    extension: str
    number: str


Request = DialOut | TransferTo | KeepCallback | Replay | SendMessage | DropMessage | Goto | Run | Return | Say | Hush | Listen | JoinQueue | EndCall | Ask

TIMEOUT = "timeout"  #: outcome of an Ask that was not answered in time


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of an Ask: one word, and what the verb may put into variables."""

    outcome: str
    values: Mapping[str, Scalar] = field(default_factory=dict)


#: What may stand in ``say:`` besides a catalogue key
SPOKEN_VALUES = (":closed-reason", ":next-opening")


Escalating = tuple[str, ...] | tuple[tuple[str, ...], ...]


def nth(says: Escalating, attempt: int) -> tuple[str, ...]:
    """What is said at the ``attempt``-th failure (1 = first): one list for all, or one each, the last for the rest."""
    if not says or isinstance(says[0], str):
        return says  # type: ignore[return-value]
    return says[min(attempt, len(says)) - 1]


def spoken(says: tuple[str, ...], around: Around) -> tuple[Speech, ...]:
    """The ``say:`` list of a node as speech: catalogue keys, ``key@language``, and spoken values."""
    out: list[Speech] = []
    for item in says:
        if item == ":closed-reason":
            usual = {"holiday": "closed-holiday", "break": "closed-break"}
            key = around.hours.says or usual.get(around.hours.why, "closed-hours")
            out.append(Prompt(key=key))
        elif item == ":next-opening":
            opening = around.hours.next_opening
            if opening is not None:
                out += [
                    Prompt(key="closed-opens-at"),
                    Date(year=opening.year, month=opening.month, day=opening.day),
                    Clock(hour=opening.hour, minute=opening.minute),
                ]
        else:
            key, _, language = item.partition("@")
            out.append(Prompt(key=key, language=language))
    return tuple(out)
