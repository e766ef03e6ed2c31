"""The call detail record: one row a call, whatever happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Disposition(StrEnum):
    """How a call ended, for the reports."""

    ANSWERED = "answered"  #: an agent talked to the caller
    ABANDONED_IVR = "abandoned_ivr"  #: the caller hung up in the menus
    ABANDONED_QUEUE = "abandoned_queue"  #: the caller hung up while waiting
    CLOSED = "closed"  #: told that we are closed
    OVERFLOW = "overflow"  #: left the queue by our decision (limit, no agents)
    COMPLETED_IVR = "completed_ivr"  #: the flow ended the call by itself
    CALLBACK = "callback"  #: asked to be called back, and was not served otherwise
    NOT_REACHED = "not_reached"  #: was called back, and did not answer
    VOICEMAIL = "voicemail"  #: left a message, and was not served otherwise
    REFUSED = "refused"  #: kept out by a guard
    CONNECTED = "connected"  #: talked to somebody whom the flow dialled
    TRANSFERRED = "transferred"  #: given to somebody by the flow
    FALLBACK = "fallback"  #: moved to the dialplan's fallback while ivrd was away
    FAILED = "failed"  #: something of ours or the carrier's broke


@dataclass(frozen=True, kw_only=True)
class Cdr:
    """One call. ``*_at``: seconds since the epoch, UTC, None when the stage was never reached."""

    call: str
    did: str
    caller_number: str
    caller_name: str
    language: str
    flow: str
    flow_version: str
    menu_path: str  #: nodes walked, joined by ">"
    tags: str  #: category codes, joined by ","
    arrived_at: float
    answered_at: float | None  #: our 200 OK
    queued_at: float | None  #: joined the (last) queue
    agent_answered_at: float | None
    ended_at: float
    queue: str
    skills: str  #: skills asked for, joined by ","
    agent: str  #: who talked to the caller last
    offers: int  #: how many phones were rung
    wait_ms: int  #: queued -> answered by an agent, or queued -> left
    talk_ms: int  #: agent answered -> end, hold included
    hold_ms: int
    wrap_up_ms: int
    hung_up_by: str  #: caller, agent, system or transfer; "": nobody saw who
    disposition: Disposition
    cause: int  #: Q.850 of the caller's channel
    recording: str  #: path under the recordings directory, "" when there is none
    recording_ms: int
    recording_sha256: str
    recording_note: str  #: why there is no recording, or no message, when there should be one; for how long it was paused
    csat: int | None = None  #: survey: 1 to 5; None: not asked or not answered
    nps: int | None = None  #: survey: 0 to 10
    dialled: str = ""  #: extension or number that the flow dialled or gave the caller to
    dial_result: str = ""  #: answered, busy, no_answer, failed or transferred
    dialled_ms: int = 0  #: how long the two talked
    voicemail: str = ""  #: path of the message that the caller left; "" when there is none
    guard: str = ""  #: that kept the caller out, or no_response (guards.py)
    overflow: str = ""  #: queues that did not take or keep the call, ``queue:why`` joined by ">" (queueing.py)
    expected_wait_s: int | None = None  #: estimated at joining the queue; None: nobody to estimate from
    callback_of: str = ""  #: the call whose wish to be called back this one fulfils
    passed_on: str = ""  #: ``queue:agent`` of each agent who gave the caller to a queue, joined by ">" (passing.py)
    earlier_ms: int = 0  #: talk and wrap-up of the talks before the last one, which is the row's
    earlier_recordings: str = ""  #: their paths, joined by ","
    ended_from: str = ""  #: how the end is known that ivrd did not hear of when it happened (meanwhile.py); "": it did

    @property
    def handled_ms(self) -> int:
        """What agents had to do for the call: every talk and wrap-up."""
        return self.talk_ms + self.wrap_up_ms + self.earlier_ms
