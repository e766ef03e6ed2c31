"""Who talked to a caller last, for queues that lead callers to the agent they know (``affinity``).

Kept by the caller's number, only while some queue asks for it, and of a bounded number of callers.
"""

from __future__ import annotations

from ivrd.core import numbers
from ivrd.core.acd.model import Queue
from ivrd.core.desk import Desk
from ivrd.core.state import Call, LastTalk

DAY_S = 86_400
#: callers remembered; past this the one who talked longest ago is forgotten
REMEMBERED = 10_000


def remember(desk: Desk, call: Call, agent: str) -> None:
    """The two talk. Whoever withholds the number is not known again."""
    days = max((q.affinity.days for q in desk.plan.floor.queues.values() if q.affinity), default=0)
    talks = desk.state.last_talks
    if days == 0:
        talks.clear()
    elif call.number:
        number = numbers.key(call.number)
        talks.pop(number, None)
        talks[number] = LastTalk(agent=agent, at=desk.at)  # the latest last
        while len(talks) > REMEMBERED or next(iter(talks.values())).at < desk.at - days * DAY_S:
            del talks[next(iter(talks))]


def forget_unasked(desk: Desk) -> None:
    """No queue asks for it any more: nobody's number is kept."""
    if not any(q.affinity for q in desk.plan.floor.queues.values()):
        desk.state.last_talks.clear()


def known(desk: Desk, call: Call, queue: Queue) -> str:
    """The agent who talked to the caller last, as far as the queue cares; "" when there is none."""
    talk = desk.state.last_talks.get(numbers.key(call.number)) if queue.affinity and call.number else None
    if talk is None or queue.affinity is None or desk.at - talk.at > queue.affinity.days * DAY_S:
        return ""
    return talk.agent
