"""The trunk is full: who comes beyond is told so by us, those who are in notice nothing, and a reserve is kept."""

from __future__ import annotations

from ivrd.core.cdr import Disposition
from ivrd.core.commands import AnswerCall, HangUp, PlayPrompt, PublishTrunk
from ivrd.core.events import AgentAnswered, ChannelGone
from ivrd.core.guard_rules import Guards
from ivrd.core.plan import Trunk
from ivrd.core.state import Stage
from ivrd.core.views import TrunkView
from tests.core.playbook import Playbook, plan

DIAL = """start: d
nodes:
  d: {dial: {number: "02112345678", then: bye, busy: bye, no_answer: bye, failed: bye}}
  bye: {hangup: {}}
"""


def book(text: str = "", **trunk: object) -> Playbook:
    the_plan = plan(text=text) if text else plan()
    the_plan.trunk = Trunk(**trunk)  # type: ignore[arg-type]
    return Playbook(the_plan)


def test_the_call_beyond_the_channels_is_busy_and_costs_nothing() -> None:
    b = book(channels=3)
    for call in ("c1", "c2", "c3"):
        b.arrive(call)
    before = {c: b.call(c).stage for c in ("c1", "c2", "c3")}
    b.arrive("c4")
    assert b.asked_none(AnswerCall)
    assert b.asked_none(PlayPrompt)
    assert (b.asked(HangUp).channel, b.asked(HangUp).cause) == ("c4", 17)
    b.tell(ChannelGone, call="c4", channel="c4")
    row = b.rows("c4")[-1]
    assert (row.disposition, row.guard, row.cause, row.answered_at) == (Disposition.REFUSED, "trunk_full", 17, None)
    assert before == {c: b.call(c).stage for c in ("c1", "c2", "c3")}
    b.caller_leaves("c1")
    b.arrive("c5")
    b.asked(AnswerCall)
    b.wind_up()


def test_the_reserve_is_not_for_callers_and_may_carry_the_message() -> None:
    b = book(channels=3, reserve=1, full_says="trunk-full", full_cause=42)
    b.arrive("c1")
    b.arrive("c2")
    b.arrive("c3")
    b.asked(AnswerCall)
    assert b.spoken() == ["trunk-full"]
    b.arrive("c4")  # and now there is no channel to say it on
    assert b.asked_none(PlayPrompt)
    assert b.asked(HangUp).cause == 42
    b.heard("c3")
    assert b.asked(HangUp).cause == 42
    b.wind_up()
    assert [b.rows(c)[-1].guard for c in ("c3", "c4")] == ["trunk_full", "trunk_full"]


def test_who_listens_to_the_apology_takes_no_channel_from_the_next_caller() -> None:
    b = book(channels=3, reserve=1, full_says="trunk-full")
    b.arrive("c1")
    b.arrive("c2")
    b.arrive("told")
    assert b.spoken() == ["trunk-full"]
    b.caller_leaves("c1")
    b.arrive("c3")
    b.asked(AnswerCall)
    assert b.call("c3").guard == ""
    b.caller_leaves("c2")
    b.arrive("c4")
    assert b.call("c4").guard == ""
    b.caller_leaves("c3")
    b.arrive("c5")
    assert b.call("c5").guard == ""
    b.arrive("c6")  # the reserve is one channel, and somebody is told on it
    assert b.asked_none(AnswerCall)
    assert b.asked(HangUp).cause == 17
    b.wind_up()


def test_one_caller_who_dials_again_and_again_takes_no_channel_from_others() -> None:
    the_plan = plan()
    the_plan.trunk, the_plan.guards = Trunk(channels=3), Guards(calls=1)
    b = Playbook(the_plan)
    b.arrive("first", number="0812")
    b.arrive("told", number="0812")
    assert b.spoken() == ["guard-too-many"]
    b.arrive("again", number="0812")  # one at a time hears why
    assert b.asked_none(AnswerCall)
    assert b.asked(HangUp).cause == 21
    for call, number in (("c2", "0813"), ("c3", "0814")):
        b.arrive(call, number=number)
        b.asked(AnswerCall)
        assert b.call(call).guard == ""
    b.heard("told")
    b.tell(ChannelGone, call="told", channel="told")
    b.arrive("full", number="0812")  # all channels are callers': nobody is answered to be told
    assert b.asked_none(AnswerCall)
    assert b.asked(HangUp).cause == 21
    b.wind_up()


def test_who_was_dialled_outside_holds_a_channel_too_and_nobody_is_dialled_without_one() -> None:
    b = book(DIAL, channels=3)
    b.arrive("c1")
    dialled = b.call("c1").dialled
    assert dialled is not None
    b.tell(AgentAnswered, call="c1", leg=dialled.leg)
    b.arrive("c2")
    assert b.call("c2").dialled is not None
    assert b.call("c2").dialled.result == "failed"  # type: ignore[union-attr]
    assert b.call("c1").stage == Stage.CONNECTED
    b.wind_up()


def test_walls_see_the_trunk() -> None:
    b = book(channels=2, reserve=1)
    b.arrive("c1")
    b.arrive("c2")
    (seen,) = [v.view for v in b.exchange.views() if isinstance(v, PublishTrunk)]
    assert seen == TrunkView(channels=2, reserve=1, in_use=2, blocked_today=1)
    assert not [v for v in b.exchange.views() if isinstance(v, PublishTrunk)]
    b.at += 86_400
    b.caller_leaves("c2")
    (seen,) = [v.view for v in b.exchange.views() if isinstance(v, PublishTrunk)]
    assert (seen.in_use, seen.blocked_today) == (1, 0)
