"""A node that has something done outside while its caller waits: answered once, in time, or not at all."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from playbook import Playbook, flow, plan

from ivrd.core.commands import AskOutside, HangUp
from ivrd.core.events import AskAnswered, SwitchLost, SwitchSeen
from ivrd.core.ivr.orders import Order
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Answer, Around, Ask, Goto, Phase, Request, Walk
from ivrd.core.state import Stage

MENU = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: bye}, otherwise: bye}}
  bye: {hangup: {}}
"""


@dataclass(frozen=True, kw_only=True)
class Look(Order):
    """Outcomes: ok, failed."""

    what: str = "it"


@dataclass(frozen=True, kw_only=True)
class Lookup(Deaf):
    """A verb that asks."""

    verb: ClassVar[str] = "lookup"

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        return (Ask(order=Look(), deadline_s=4),)

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        walk.vars.update(answer.values)
        walk.tags.append(answer.outcome)
        return (Goto(node="m"),)


def asking() -> Playbook:
    made = flow(MENU)
    the_plan = plan()
    the_plan.add(dataclasses.replace(made, start="ask", nodes={**made.nodes, "ask": Lookup()}))  # type: ignore[dict-item]
    book = Playbook(the_plan)
    book.arrive()
    return book


def test_the_order_goes_out_with_a_deadline() -> None:
    book = asking()
    order = book.asked(AskOutside)
    assert (order.order, order.ask_id, order.lane) == (Look(), 1, "c1.ask")
    assert book.exchange.state.timers.due == {"ask:c1": book.at + 4}
    assert book.call().walk.phase == Phase.ASKING


def test_the_answer_is_the_verbs_and_the_call_goes_on() -> None:
    book = asking()
    book.tell(AskAnswered, call="c1", ask_id=1, outcome="ok", values={"x": 3})
    walk = book.call().walk
    assert (walk.vars, walk.tags, walk.node) == ({"x": 3}, ["ok"], "m")
    assert set(book.exchange.state.timers.due) == {"prompt:c1"}


def test_no_answer_in_time_is_an_answer_too_and_a_late_one_is_ignored() -> None:
    book = asking()
    book.pass_time(4)
    assert book.call().walk.tags == ["timeout"]
    assert book.tell(AskAnswered, call="c1", ask_id=1, outcome="ok") == []
    assert book.call().walk.tags == ["timeout"]


def test_an_answer_told_twice_does_not_take_the_menus_time_out_away() -> None:
    book = asking()
    book.tell(AskAnswered, call="c1", ask_id=1, outcome="ok")
    book.heard()
    book.tell(AskAnswered, call="c1", ask_id=1, outcome="ok")
    assert list(book.exchange.state.timers.due) == ["menu:c1"]


def test_keys_meanwhile_are_kept_for_the_next_menu_and_the_deadline_stays() -> None:
    book = asking()
    book.press("1")
    assert list(book.exchange.state.timers.due) == ["ask:c1"]
    book.tell(AskAnswered, call="c1", ask_id=1, outcome="ok")
    assert book.asked(HangUp).channel == "c1"


def test_a_hang_up_while_asking_leaves_nothing_behind() -> None:
    book = asking()
    book.caller_leaves()
    assert book.tell(AskAnswered, call="c1", ask_id=1, outcome="ok") == []
    book.wind_up()


def test_after_an_outage_the_node_asks_again_and_the_first_answer_is_too_late() -> None:
    book = asking()
    book.tell(SwitchLost)
    from ivrd.core.events import ChannelSeen

    book.tell(SwitchSeen, channels=(ChannelSeen(channel="c1", state="Up", role="call"),))
    assert book.asked(AskOutside).ask_id == 2
    assert book.tell(AskAnswered, call="c1", ask_id=1, outcome="ok") == []
    assert book.call().stage == Stage.IVR
    assert book.call().walk.phase == Phase.ASKING
