"""The alert `messages`: a mailbox does not take what callers left."""

from __future__ import annotations

from types import SimpleNamespace

from ivrd.core.ivr.walk import Walk
from ivrd.core.state import Call, Message, MessageState, State
from ivrd.daemon.messagewatch import MessageWatch

BEGAN = 1_764_000_000.0


class Alarms:
    """What stands."""

    def __init__(self) -> None:
        self.said = ""

    def raise_(self, name: str, message: str, hint: str) -> None:
        assert name == "messages"
        assert "follows by itself" in hint
        self.said = message

    def clear(self, name: str) -> None:
        assert name == "messages"
        self.said = ""


def call(name: str, box: str, problem: str, since: float | None) -> Call:
    """One whose caller left a message that could not be delivered, ``since``."""
    message = Message(name=f"{name}.message-1", box=box, at=BEGAN, min_s=2.0, state=MessageState.WAITING, problem=problem, undelivered_since=since)
    return Call(id=name, did="169", number="0812", name="", arrived_at=BEGAN, walk=Walk(flow="f", version="f@1", language="id"), message=message)


def test_raised_after_a_minute_with_boxes_and_reason_and_cleared_when_all_are_delivered() -> None:
    calls = [call("1.1", "umum", "disk full", BEGAN), call("1.2", "lkpm", "refused", BEGAN + 30), call("1.3", "new", "", None)]
    state, alarms, now = State(calls={c.id: c for c in calls}), Alarms(), [BEGAN]
    watch = MessageWatch(lambda: state, alarms, SimpleNamespace(now=lambda: now[0]))  # type: ignore[arg-type]
    said = []
    for seconds in (60, 61, 91):
        now[0] = BEGAN + seconds
        watch.look()
        said.append(alarms.said)
    assert said == [
        "",
        "messages of callers are not in their mailbox (umum 1): disk full",
        "messages of callers are not in their mailbox (lkpm 1, umum 1): disk full",
    ]
    for one in calls:
        assert one.message is not None
        one.message.state = MessageState.DELIVERED
    watch.look()
    assert alarms.said == ""
