"""tag: a category code for the reports."""

from __future__ import annotations

from playbook import Playbook, plan

FLOW = """start: m
nodes:
  m: {menu: {say: [a], keys: {1: t1, 2: t2}, otherwise: bye}}
  t1: {tag: {add: perizinan.kbli, then: m}}
  t2: {tag: {add: data.pengisian, then: m}}
  bye: {hangup: {}}
"""


def test_tags_are_noted_once_each_in_their_order_and_stand_in_the_row() -> None:
    book = Playbook(plan(text=FLOW))
    call = book.arrive()
    book.press("121")
    assert call.walk.tags == ["perizinan.kbli", "data.pengisian"]
    book.caller_leaves()
    book.wind_up()
    assert book.rows()[-1].tags == "perizinan.kbli,data.pengisian"
    assert book.rows()[-1].menu_path == "m>t1>m>t2>m>t1>m"
