"""Offers that were not taken, by cause and by how many in a row; and the team leader's alert while it lasts."""

from __future__ import annotations

import pytest
from playbook import Playbook, plan

from ivrd.core.acd.model import AcdRules, Agent
from ivrd.core.acd.rules import MissRule
from ivrd.core.commands import PublishAlert
from ivrd.core.events import ChannelGone, OfferRefused, PhoneReachable, PhoneUnreachable

ADI = (Agent(id="101", name="Adi", extension="101"),)
NO_ANSWER, BUSY, REJECTED, FORWARDED, ABSENT = 19, 17, 21, 23, 20


def waiting(rules: AcdRules) -> Playbook:
    """One agent, one caller who waits, and the phone rings."""
    book = Playbook(plan(agents=ADI, rules=rules))
    book.log_in("101")
    book.arrive()
    return book


def miss(book: Playbook, cause: int) -> None:
    """The phone stops ringing; time passes until the caller would be offered again."""
    offer = book.call().offer
    assert offer is not None, "no phone rings"
    book.tell(ChannelGone, call="c1", channel=offer.leg, cause=cause, after_s=1)
    book.pass_time(1)


def alerts(book: Playbook) -> list[tuple[str, str]]:
    """(agent, alert) as walls are told last."""
    views = [v.view for v in book.exchange.views() if isinstance(v, PublishAlert)]
    return [(a.agent, a.alert) for a in views[-1].agents] if views else []


def test_a_cause_may_have_a_rule_of_its_own_and_is_then_counted_apart() -> None:
    book = waiting(AcdRules(reoffer_after_s=1, pause_after_misses=2, misses={"busy": MissRule(pause_after=3, reason="sibuk")}))
    for cause in (BUSY, NO_ANSWER, BUSY):
        miss(book, cause)
        assert book.presence() == "offered", "one unanswered, two busy: below either limit"
    miss(book, BUSY)
    assert (book.presence(), book.exchange.desk.agent("101").reason) == ("paused", "sibuk")


def test_a_rule_without_a_reason_is_named_after_its_cause() -> None:
    book = waiting(AcdRules(reoffer_after_s=1, misses={"rejected": MissRule(pause_after=1)}))
    miss(book, REJECTED)
    assert book.exchange.desk.agent("101").reason == "missed_rejected"


def test_a_phone_that_forwards_counts_with_the_others_unless_it_has_a_rule() -> None:
    book = waiting(AcdRules(reoffer_after_s=1, pause_after_misses=2))
    miss(book, FORWARDED)
    miss(book, NO_ANSWER)
    assert book.exchange.desk.agent("101").reason == "missed"
    book = waiting(AcdRules(reoffer_after_s=1, misses={"forwarded": MissRule(pause_after=1)}))
    miss(book, FORWARDED)
    assert book.exchange.desk.agent("101").reason == "missed_forwarded"


def test_a_cause_may_be_forgiven_for_ever() -> None:
    book = waiting(AcdRules(reoffer_after_s=1, pause_after_misses=1, misses={"busy": MissRule(pause_after=0)}))
    for _ in range(5):
        miss(book, BUSY)
    assert book.presence() == "offered"


@pytest.mark.parametrize("own_rule", [False, True])
def test_paused_for_misses_the_agent_gets_another_chance_by_itself(own_rule: bool) -> None:
    own = {"no_answer": MissRule(pause_after=1, return_after_s=120)}
    rules = AcdRules(misses=own) if own_rule else AcdRules(pause_after_misses=1, return_after_misses_s=120)  # type: ignore[arg-type]
    book = waiting(rules)
    miss(book, NO_ANSWER)
    assert book.presence() == "paused"
    book.pass_time(118)
    assert book.presence() == "paused"
    book.pass_time(1.1)
    assert book.presence() == "offered"
    assert book.exchange.desk.agent("101").missed_by == {}


def test_who_resumes_earlier_is_not_resumed_again_later() -> None:
    book = waiting(AcdRules(pause_after_misses=1, return_after_misses_s=120))
    miss(book, NO_ANSWER)
    book.log_in("101")
    assert "return:101" not in book.exchange.state.timers.due


def test_a_team_leader_is_alerted_while_it_lasts() -> None:
    book = waiting(AcdRules(pause_after_misses=1))
    book.exchange.views()
    miss(book, NO_ANSWER)
    assert alerts(book) == [("101", "missed")]
    assert book.told("agent_alert") == [{"agent": "101", "alert": "missed", "raised": 1, "reason": "missed"}]
    book.log_in("101")
    assert alerts(book) == []
    assert book.told("agent_alert")[-1]["raised"] == 0


def test_a_phone_that_could_not_be_rung_is_tried_again_by_itself() -> None:
    book = waiting(AcdRules(unreachable_retry_s=30))
    miss(book, ABSENT)
    assert book.told("offer_ended")[-1]["outcome"] == "unreachable"
    book.pass_time(28)
    assert book.call().offer is None
    book.pass_time(2)
    assert book.call().offer is not None


def test_twice_in_a_row_alerts_and_the_phone_s_return_clears_it() -> None:
    book = waiting(AcdRules(unreachable_retry_s=30, reoffer_after_s=1))
    miss(book, ABSENT)
    book.pass_time(30)
    assert alerts(book) == []
    miss(book, ABSENT)
    assert alerts(book) == [("101", "unreachable")]
    book.tell(PhoneReachable, extension="101")
    assert (alerts(book), book.call().offer is not None) == ([], True)


def test_what_the_registrar_says_is_not_undone_by_time() -> None:
    book = waiting(AcdRules(unreachable_retry_s=30))
    miss(book, ABSENT)
    book.tell(PhoneUnreachable, extension="101")
    book.pass_time(100)
    assert book.call().offer is None
    assert alerts(book) == [("101", "unreachable")]


def test_asterisk_has_no_contact_to_dial_that_is_a_cause_too() -> None:
    book = waiting(AcdRules(misses={"unregistered": MissRule(pause_after=1)}))
    offer = book.call().offer
    assert offer is not None
    book.tell(OfferRefused, call="c1", leg=offer.leg, reason="Allocation failed")
    assert book.told("offer_ended")[-1]["outcome"] == "unregistered"
    assert (book.presence(), book.exchange.desk.agent("101").reason) == ("paused", "missed_unregistered")


def test_who_has_no_contact_to_dial_has_missed_nothing() -> None:
    book = waiting(AcdRules(pause_after_misses=1))
    offer = book.call().offer
    assert offer is not None
    book.tell(OfferRefused, call="c1", leg=offer.leg, reason="Allocation failed")
    assert (book.presence(), book.exchange.desk.agent("101").misses, alerts(book)) == ("ready", 0, [])


def test_nobody_is_alerted_of_the_phone_of_somebody_who_is_not_here() -> None:
    book = Playbook(plan(agents=ADI))
    book.tell(PhoneUnreachable, extension="101")
    book.pass_time(100)
    assert (alerts(book), book.exchange.state.timers.due) == ([], {})
