"""New settings while calls go on: those in progress are served to their end as they began."""

from __future__ import annotations

from playbook import Playbook, plan

from ivrd.core import numbers
from ivrd.core.acd.model import Affinity, Agent, Queue
from ivrd.core.commands import PublishQueue
from ivrd.core.state import Stage

MENU = "start: m\nnodes:\n  m: {menu: {say: [%s], keys: {1: q}, otherwise: bye}}\n  q: {queue: {to: help, overflow: bye}}\n  bye: {hangup: {}}\n"
AYU = Agent(id="102", name="Ayu", extension="102")


def test_a_call_walks_the_flow_that_it_began_with_and_the_next_one_the_new() -> None:
    book = Playbook(plan(text=MENU % "old"))
    call = book.arrive("c1")
    book.exchange.replan(plan(text=MENU % "new"))
    book.press("7", "c1")
    assert book.spoken() == ["invalid-key", "old"]
    assert book.arrive("c2").walk.version != call.walk.version
    assert book.spoken() == ["new"]
    book.press("1", "c1")
    assert call.stage == Stage.QUEUED


def test_who_waits_in_a_queue_that_left_the_configuration_is_still_served() -> None:
    book = Playbook()
    call = book.arrive()
    text = "start: q\nnodes:\n  q: {queue: {to: other, overflow: bye}}\n  bye: {hangup: {}}\n"
    book.exchange.replan(plan(text=text, queues=(Queue(id="other", title="O"),)))
    book.log_in()
    assert call.offer is not None
    book.agent_answers()
    book.caller_leaves()
    book.wind_up()
    assert book.rows()[-1].queue == "help"


def test_an_agent_who_left_the_configuration_finishes_the_talk_and_is_offered_nothing_more() -> None:
    book = Playbook()
    book.log_in()
    book.arrive("c1")
    book.agent_answers("c1")
    book.exchange.replan(plan(agents=(AYU,)))
    book.caller_leaves("c1")
    book.pass_time(31)
    book.arrive("c2")
    assert book.call("c2").offer is None
    book.log_in("102")
    assert book.call("c2").offer is not None


def test_who_waits_is_offered_to_a_new_agent_and_walls_are_told_anew() -> None:
    book = Playbook(plan(queues=(Queue(id="help", title="Help", skills=("x",)),)))
    book.arrive()
    book.log_in()
    assert book.call().offer is None
    book.exchange.views()
    skilled = Agent(id="101", name="Adi", extension="101", skills=("x",))
    book.exchange.replan(plan(queues=(Queue(id="help", title="Hilfe", skills=("x",)),), agents=(skilled,)))
    assert [v.view.title for v in book.exchange.views() if isinstance(v, PublishQueue)] == ["Hilfe"]
    book.heard()  # any event will do
    assert book.call().offer is not None


def test_when_no_queue_leads_callers_to_whom_they_know_any_more_nobodys_number_is_kept() -> None:
    book = Playbook(plan(queues=(Queue(id="help", title="Help", affinity=Affinity()),)))
    book.log_in()
    book.arrive()
    book.agent_answers()
    assert list(book.exchange.state.last_talks) == [numbers.key(book.call().number)]
    book.exchange.replan(plan(queues=(Queue(id="help", title="Hilfe", affinity=Affinity(days=1)),)))
    assert book.exchange.state.last_talks != {}
    book.exchange.replan(plan())
    assert book.exchange.state.last_talks == {}
