"""A new plan while calls are in progress."""

from __future__ import annotations

from playbook import STRAIGHT, Playbook, plan

from ivrd.core.acd.model import Agent, Queue
from ivrd.core.commands import OfferCall
from ivrd.core.events import PromptFinished

MENU = "start: m\nnodes:\n  m: {menu: {say: [menu-main], keys: {1: q}, otherwise: q, tries: 1}}\n" + STRAIGHT.split("nodes:\n")[1]


def test_a_call_ends_on_the_version_it_began_with() -> None:
    book = Playbook(plan(text=MENU))
    old = book.arrive("old")
    book.exchange.replan(plan(text=STRAIGHT))
    new = book.arrive("new")
    assert old.walk.version != new.walk.version
    assert new.queue == "help"
    book.tell(PromptFinished, call="old", prompt=old.prompt)
    assert old.walk.node == "m", "still listening in the old menu"
    assert new.walk.version == book.exchange.plan.current["test"]


def test_an_agent_who_is_new_in_the_plan_can_log_in_and_is_offered_who_waits() -> None:
    book = Playbook()
    book.arrive()
    both = (Agent(id="101", name="Adi", extension="101"), Agent(id="102", name="Ayu", extension="102"))
    book.exchange.replan(plan(agents=both, queues=(Queue(id="help", title="Help desk"),)))
    book.log_in("102")
    offers = [c for c in book.trace if isinstance(c, OfferCall)]
    assert [o.extension for o in offers] == ["102"]


def test_a_queue_that_left_the_plan_serves_who_waits_in_it() -> None:
    book = Playbook()
    call = book.arrive()
    book.exchange.replan(plan(text=MENU.replace("to: help", "to: other"), queues=(Queue(id="other", title="Other"),)))
    book.tell(PromptFinished, call="c1", prompt=call.prompt)
    book.pass_time(100)
    book.log_in("101")
    assert [o.call for o in book.trace if isinstance(o, OfferCall)] == ["c1"]
