"""All that a restart must restore: plain dataclasses, written whole into every snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ivrd.core.acd.decision import Decision
from ivrd.core.acd.demand import Asked
from ivrd.core.acd.presence import AgentState
from ivrd.core.cdr import Disposition
from ivrd.core.ivr.walk import Walk
from ivrd.core.timers import Timers


class Stage(StrEnum):
    """Where a call is in its life (calls.py holds the table)."""

    IVR = "ivr"
    QUEUED = "queued"
    TALKING = "talking"
    DIALLING = "dialling"  #: somebody whom the flow called is rung
    CONNECTED = "connected"  #: and talks to the caller
    CALLING = "calling"  #: one who asked to be called back is rung
    CLOSING = "closing"  #: over; channels are being taken down
    CLOSED = "closed"  #: nothing left at Asterisk; recording, wrap-up or CDR still to come


class Rec(StrEnum):
    """A recording's life."""

    NONE = "none"
    ASKED = "asked"
    RUNNING = "running"
    FINISHING = "finishing"
    PUBLISHED = "published"
    FAILED = "failed"


@dataclass(kw_only=True)
class Offer:
    """A phone that rings for a call."""

    leg: str
    agent: str
    at: float
    until: float = 0.0  #: then it is ended by us, should Asterisk not have said how it ended


@dataclass(kw_only=True)
class Wait:
    """A caller's place in a queue."""

    queue: str
    since: float
    priority: int = 0
    vip: bool = False
    known: str = ""  #: the agent who talked to the caller last, where the queue cares
    held_until: float = 0.0  #: the caller waits for that agent alone
    skills: tuple[str, ...] = ()  #: names of those that are asked for
    asked: Asked = field(default_factory=Asked)
    wants: Asked = field(default_factory=Asked)  #: of it, what the flow asked for on top of the queue
    step: int = 0  #: how many of the queue's ``relax`` are taken
    joined_at: float = 0.0  #: this very line; ``since`` may be older (a place that was kept, or promised). 0: then
    ahead_s: float = 0.0  #: stands as who has waited so much longer (passing.py)
    language: str = ""
    overflow: str = ""  #: node to go back to
    ways: dict[str, str] = field(default_factory=dict)  #: why the queue is left (queueing.py) -> another node
    closes_at: float | None = None  #: the day's end, or that of the hours before a break
    leaving: bool = False  #: the wait is over, as soon as the phone that rings has rung out
    after: str = ""  #: node to go on at when the agent hangs up first
    announce_every_s: int | None = None  #: in place of the queue's
    excluded: dict[str, float] = field(default_factory=dict)  #: agent -> may be offered again at; begins with ``Call.declined``
    said_least: int | None = None  #: the least minutes last spoken ...
    said_minutes: int | None = None  #: ... and the most: they rise only when something happened
    said_place: int = 0  #: among all, of whatever queue, who could take one of the same agents
    said_agents: int = 0  #: who could take the call then
    comforts: int = 0  #: comfort messages heard
    music: bool = False

    @property
    def asks_since(self) -> float:
        """Since when the call asks this queue for agents: its ``relax`` steps count from here."""
        return self.joined_at or self.since


@dataclass(kw_only=True)
class Talk:
    """Caller and agent in conversation."""

    leg: str
    agent: str
    since: float
    queue: str = ""  #: through which the two came together
    after: str = ""  #: node to go on at when the agent hangs up first
    overflow: str = ""  #: and its other ways on, should the agent give the caller to a queue that does not keep them
    ways: dict[str, str] = field(default_factory=dict)
    ended_at: float | None = None  #: the caller may be there for longer (a survey)
    unsure: bool = False  #: the connection was lost as it began
    hold_since: float | None = None
    hold_ms: int = 0


@dataclass(kw_only=True)
class Recording:
    """The recording of a call."""

    name: str = ""
    state: Rec = Rec.NONE
    path: str = ""
    duration_ms: int = 0
    sha256: str = ""
    note: str = ""
    refused: int = 0  #: how often Asterisk did not begin to record
    late: str = ""  #: why it began later than the conversation
    keys: str = ""  #: pressed by the agent, and when the last of them (pausing.py)
    keys_at: float = 0.0
    tries: int = 0  #: to have it published
    waits: bool = False  #: for the caller's channel to be gone: it is published then
    paused_since: float | None = None
    paused_ms: int = 0
    pauses: int = 0
    pause_refused: str = ""
    pause_tries: int = 0  #: since an outage, to tell Asterisk once more


@dataclass(kw_only=True)
class Earlier:
    """A talk before the present one: its agent gave the caller away, and another agent took the call."""

    talk: Talk
    recording: Recording
    wrap_up_ms: int = 0
    wrapping: bool = False  #: its agent is still in wrap-up


@dataclass(kw_only=True)
class Dialled:
    """Somebody whom a flow called for the caller, or to whom it gave the caller."""

    to: str
    extension: str = ""  #: when it is an agent's phone
    leg: str = ""
    max_s: int = 0
    since: float | None = None  #: answered
    held: bool = False  #: one of the two holds the other
    ended_at: float | None = None
    result: str = ""  #: answered, busy, no_answer, failed or transferred


@dataclass(kw_only=True)
class Consult:
    """The agent who talks to the caller asks a colleague (consulting.py)."""

    channel: str  #: the second one of the agent's phone
    leg: str  #: to the colleague
    agent: str  #: the colleague
    answered: bool = False


@dataclass(kw_only=True)
class Calling:
    """One who asked to be called back is rung."""

    agent: str  #: who picked up already (agent_first), or is kept free (customer_first)
    leg: str = ""  #: of that agent, at the phone
    result: str = ""  #: it came to nothing, and the agent is being told so
    step: int = 0  #: of the queue's ``relax``, when the agent was chosen


class MessageState(StrEnum):
    """A message's life."""

    RECORDED = "recorded"  #: or being so
    DELIVERING = "delivering"
    WAITING = "waiting"  #: could not be delivered: ordered again after a while
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(kw_only=True)
class Message:
    """What a caller said after the beep."""

    name: str
    box: str
    at: float  #: when recording it was ordered
    min_s: float  #: a shorter one is none
    state: MessageState = MessageState.RECORDED
    path: str = ""
    tries: int = 0  #: to deliver it, that came to nothing
    problem: str = ""  #: why the last one did
    undelivered_since: float | None = None  #: the first one did
    due_at: float = 0.0  #: then it is looked at again

    @property
    def under_way(self) -> bool:
        """Sent, and not in its mailbox yet."""
        return self.state in (MessageState.DELIVERING, MessageState.WAITING)


@dataclass(kw_only=True)
class Call:
    """One call to the centre, from INVITE until its row is final."""

    id: str
    did: str
    number: str
    name: str
    arrived_at: float
    walk: Walk
    stage: Stage = Stage.IVR
    answered_at: float | None = None
    caller_here: bool = True  #: the caller's channel exists
    legs: list[str] = field(default_factory=list)  #: agents' channels that may exist
    bridge_open: bool = False
    joined: bool = False  #: the caller is in the bridge, ahead of the agent
    prompts: int = 0  #: prompts played so far: makes their ids
    prompt: str = ""  #: the one being played
    unended: list[str] = field(default_factory=list)  #: prompts whose end was not heard of yet
    refused: dict[str, int] = field(default_factory=dict)  #: orders that Asterisk refused -> how often (refusals.py)
    asks: int = 0  #: orders of the dialplan to the outside so far: the present one's id while it asks
    offers: int = 0  #: phones rung so far: makes their legs' ids
    ringing: list[Offer] = field(default_factory=list)  #: phones that ring now, the first asked first
    declined: dict[str, float] = field(default_factory=dict)  #: agent -> may be offered it again at, in whatever queue
    wait: Wait | None = None  #: while in a queue
    queue: str = ""  #: the last queue joined, and what follows from it
    skills: tuple[str, ...] = ()
    priority: int | None = None  #: there; None: it joined none
    wants: Asked = field(default_factory=Asked)  #: there, from the flow
    queued_at: float | None = None
    waits_since: float | None = None  #: joined the first queue
    overflows: list[str] = field(default_factory=list)  #: ``queue:why`` of queues that did not take or keep the call
    expected_wait_s: int | None = None  #: as estimated at joining
    talk: Talk | None = None  #: the last one
    recording: Recording = field(default_factory=Recording)
    earlier: list[Earlier] = field(default_factory=list)  #: talks before it
    passed_on: list[str] = field(default_factory=list)  #: ``queue:agent`` of each who gave the caller to a queue or a colleague they had asked
    wait_ms: int = 0
    ended_at: float | None = None
    hung_up_by: str = ""
    ended_from: str = ""  #: meanwhile.py; "": its end was heard of when it happened
    cause: int = 0
    disposition: Disposition = Disposition.ABANDONED_IVR
    wrap_up_ms: int = 0
    wrapping: bool = False  #: the agent is still in wrap-up
    revision: int = 0  #: of the CDR, last asked to be written
    final: bool = False  #: that revision is the last one
    dials: int = 0  #: legs dialled by the flow so far
    dialled: Dialled | None = None  #: the last one
    consult: Consult | None = None
    message: Message | None = None  #: the last one recorded
    sent: list[Message] = field(default_factory=list)  #: those that were sent before it
    unrecorded: str = ""  #: why no message was recorded, when there should be one
    callback: bool = False  #: the caller asked to be called back
    callback_of: str = ""  #: the call whose caller is called back by this one (promises.py)
    calling: Calling | None = None
    guard: str = ""  #: that kept the caller out (guards.py)
    pressed: bool = False  #: a key, any
    listening: bool = False  #: Asterisk was asked to tell of the caller's voice (voices.py)
    listened: bool = False  #: and has done so ever since: that none was heard means something
    spoke: bool = False  #: a voice was heard
    why: list[Decision] = field(default_factory=list)  #: while it waited (decisions.py)

    @property
    def returns(self) -> bool:
        """It calls a customer back, who has not been given to another queue since."""
        return bool(self.callback_of) and not self.passed_on

    @property
    def recordings(self) -> list[Recording]:
        """One a talk, the last talk's last."""
        return [*(one.recording for one in self.earlier), self.recording]

    @property
    def messages(self) -> list[Message]:
        """Those that were sent, and the last one recorded, which may be on its way."""
        return [*self.sent, self.message] if self.message is not None else self.sent

    @property
    def offer(self) -> Offer | None:
        """The first of the phones that ring; None: none does."""
        return self.ringing[0] if self.ringing else None

    @property
    def on_hold(self) -> bool:
        """A phone holds the other side, who hears Asterisk's music."""
        talk, dialled = self.talk, self.dialled
        return (talk is not None and talk.hold_since is not None) or (dialled is not None and dialled.ended_at is None and dialled.held)

    def rings_at(self, leg: str) -> Offer | None:
        """The offer at that leg, if it still stands."""
        return next((o for o in self.ringing if o.leg == leg), None)


@dataclass(kw_only=True)
class Session:
    """An agent's phone that dialled a feature code and is told the outcome."""

    agent: str
    prompt: str
    prompts: int = 1  #: played so far
    pin_for: str = ""  #: the feature that waits for a PIN
    digits: int = 0  #: of it, typed so far
    checking: bool = False


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A caller's wish to be called back, on its way to the store."""

    call: str
    queue: str
    number: str
    language: str
    at: float


@dataclass(kw_only=True)
class Promise:
    """A caller whom we are to call back: in line all the while (promises.py)."""

    call: str  #: that asked
    queue: str
    number: str
    language: str
    since: float  #: when the wait began that is kept
    asked_at: float
    did: str
    flow: str
    version: str
    skills: tuple[str, ...] = ()
    priority: int = 0
    vip: bool = False
    wants: Asked = field(default_factory=Asked)  #: what the flow asked for on top of the queue
    calls: int = 0  #: made for it so far: makes their ids
    attempts: int = 0  #: the caller's phone was rung
    attempt: str = ""  #: the call in line or in progress
    excluded: dict[str, float] = field(default_factory=dict)  #: agent -> may be asked again at: who declined, or hung up too soon
    limit_told: bool = False  #: walls know that the day's limit keeps the customer waiting
    stored_at: float | None = None
    closed: str = ""  #: what became of it; kept until the store has it

    @property
    def id(self) -> str:
        """As the store names a request that was not merged with an older one."""
        return f"{self.call}/{self.queue}"


@dataclass(kw_only=True)
class Counters:
    """A queue's day: folds over the events."""

    offered: int = 0
    answered: int = 0
    answered_in_level: int = 0
    abandoned: int = 0
    short_abandoned: int = 0  #: of ``abandoned``: hung up within acd.short_abandon_s of joining
    diverted: int = 0
    handled_s: float = 0.0  #: talk and wrap-up of finished calls
    handled: int = 0
    handled_square_s: float = 0.0  #: squares of these, for their spread
    waited_s: float = 0.0  #: in the queue, of all who left it, however they did
    rung: int = 0  #: phones that were answered
    rung_s: float = 0.0  #: and how long they rang
    measured: int = 0  #: answered callers who had been told or could have been told an expected wait above 0
    bias_s: float = 0.0  #: of these, expected minus real, summed
    error_s: float = 0.0  #: and without its sign
    measured_s: float = 0.0  #: and their real waits
    callbacks_asked: int = 0  #: promised, of those that are dialled by us
    callbacks_reached: int = 0
    callbacks_failed: int = 0  #: given up
    callbacks_wait_s: float = 0.0  #: asked to reached


@dataclass(kw_only=True)
class Seen:
    """What guards remember of a number: times, the latest last."""

    calls: list[float] = field(default_factory=list)
    hang_ups: list[float] = field(default_factory=list)
    silent: list[float] = field(default_factory=list)


@dataclass(kw_only=True)
class LastTalk:
    """Whom a caller talked to last."""

    agent: str
    at: float


@dataclass(kw_only=True)
class State:
    """The whole exchange, now."""

    calls: dict[str, Call] = field(default_factory=dict)
    agents: dict[str, AgentState] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    consults: dict[str, str] = field(default_factory=dict)  #: an agent's second channel -> the call it is about
    timers: Timers = field(default_factory=Timers)
    day_ends: float = 0.0  #: local midnight at which the counters start again
    counters: dict[str, Counters] = field(default_factory=dict)
    blocked_today: int = 0  #: callers who found no channel, since midnight
    dialled_today: int = 0  #: numbers outside, since midnight
    callbacks: dict[str, Callback] = field(default_factory=dict)  #: not in the store yet
    callbacks_open: dict[str, int] = field(default_factory=dict)  #: queue -> open ones in the store
    promises: dict[str, Promise] = field(default_factory=dict)  #: by id
    seen: dict[str, Seen] = field(default_factory=dict)  #: by caller's number (guards.py)
    last_talks: dict[str, LastTalk] = field(default_factory=dict)  #: by caller's number (acquaintance.py)
    draining: bool = False
    connected: bool = False  #: to Asterisk
    switch_began: str = ""  #: when the Asterisk of the last survey was started, in its own words
    lost_at: float | None = None  #: since when there is no connection
    last_at: float = 0.0  #: of the newest event handled
