"""What is told of one change, as a person would say it."""

from __future__ import annotations

import pytest

from ivrd.graph.diff import diff
from ivrd.graph.told import sentence
from tests.core.playbook import flow

TEXTS = {
    "welcome": {"id": "Selamat datang.", "en": "Welcome."},
    "hello": {"id": "Halo.", "en": "Hello."},
    "main": {"id": "Untuk izin, tekan 1.", "en": "For licences, press 1."},
    "sorry": {"id": "Mohon maaf.", "en": "We are sorry."},
}
FLOW = """
start: greeting
nodes:
  greeting: {play: {say: [welcome], then: open}}
  open: {hours: {open: main, closed: sorry}}
  main:
    menu: {say: [main], keys: {1: to-kbli, 2: to-other, 3: ask, 9: ":repeat"}, otherwise: to-other}
  to-kbli: {tag: {add: izin.kbli, then: queue-kbli}}
  queue-kbli: {queue: {to: kbli, overflow: sorry}}
  to-other: {tag: {add: lain, then: queue-other}}
  queue-other: {queue: {to: other, overflow: sorry, after: survey}}
  survey: {survey: {ask: csat, say: [how], then: end}}
  ask: {collect: {say: [ask-nib], into: nib, check: nib, then: look, otherwise: to-other}}
  look: {http: {service: oss, get: /nib, send: {nib: nib}, timeout_s: 3, save: {kind: /kind}, then: which, on_failure: to-other}}
  which:
    branch: {cases: [{when: vars.kind == "pma", then: to-kbli}, {when: caller.vip, then: queue-kbli}], otherwise: to-other}
  sorry: {play: {say: [sorry], then: end}}
  end: {hangup: {}}
"""


def told(*edits: tuple[str, str], text: str = FLOW, texts: dict[str, dict[str, str]] = TEXTS, parts: dict[str, str] | None = None, new_parts: dict[str, str] | None = None) -> list[str]:
    new = text
    for before, after in edits:
        assert new.count(before) == 1, before
        new = new.replace(before, after)
    changes = diff(
        flow(text, parts=parts), flow(new, parts=new_parts or parts),
        lambda key: TEXTS.get(key, {}), lambda key: texts.get(key, {}),
    )  # fmt: skip
    return [sentence(change, "id") for change in changes]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("say: [welcome]", "say: [hello]", "At the start: the caller hears “Halo.” in place of “Selamat datang.”"),
        ("say: [welcome]", "say: [welcome, hello]", "At the start: the caller also hears “Halo.”"),
        ("say: [main], keys", "say: [main], tries: 1, keys", "When open: the caller has 1 tries, formerly 3"),
        ("say: [main], keys", "say: [main], silence: [hello], keys", "When open: after silence the caller hears “Halo.” in place of no-input"),
        ("to: kbli, overflow: sorry", "to: help, overflow: sorry", "When open, 1: the caller waits in queue help in place of kbli"),
        ("to: kbli, overflow: sorry", "to: kbli, overflow: sorry, priority: 4", "When open, 1: the caller's priority is 4, formerly the queue's own"),
        ("to: kbli, overflow: sorry", "to: kbli, overflow: sorry, skills: [oss]", "When open, 1: agents must also have oss, formerly none"),
        ("add: lain", "add: umum", "When open, 2: the call is noted as umum in place of lain"),
        ("timeout_s: 3", "timeout_s: 9", "When open, 3, with a number: the service has 9 s to answer, formerly 3 s"),
        ("ask: csat", "ask: nps", "When open, 2, when the agent hung up: the question is for nps in place of csat"),
        ("check: nib", "check: nib, min: 13", "When open, 3: min of the collect is 13, formerly 1 (fewest digits)"),
        ("{hangup: {}}", "{hangup: {why: closed}}", "When closed: the call's record says closed in place of completed"),
    ],
)  # fmt: skip
def test_a_step_does_something_else(before: str, after: str, says: str) -> None:
    assert told((before, after)) == [says]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("keys: {1: to-kbli, 2: to-other", "keys: {1: to-other, 2: to-other", "When open, 1: the caller is noted as lain, then waits in queue other, as when open, 2 (formerly: is noted as izin.kbli, then waits in queue kbli)"),
        ("keys: {1: to-kbli,", "keys: {1: to-kbli, 0: queue-other,", "When open: key 0 is new: the caller waits in queue other"),
        ("1: to-kbli, ", "", "When open: key 1 is gone (formerly: the caller is noted as izin.kbli, then waits in queue kbli)"),
        ("keys: {1: to-kbli", "keys: {5: to-kbli", "When open: key 5 does what key 1 did"),
        ('9: ":repeat"', '9: ":back"', "When open: with key 9 the caller is back in the menu before (formerly: the menu is said again)"),
        (', 9: ":repeat"', "", "When open: key 9 is gone (formerly: the menu is said again)"),
        ("to: kbli, overflow: sorry", "to: kbli, overflow: end", "When open, 1, at the overflow: the caller no longer hears “Mohon maaf.”"),
        ("to: kbli, overflow: sorry", "to: kbli, overflow: sorry, waited: end", "When open, 1, after too long a wait: the caller no longer hears “Mohon maaf.”"),
        ("to: kbli, overflow: sorry", "to: kbli, overflow: sorry, nobody: end", "When open, 1: “when nobody is logged in” is new: the caller is hung up on (completed)"),
        ("closed: sorry", "closed: sorry, holiday: end", "On a holiday: the caller no longer hears “Mohon maaf.”"),
        ("overflow: sorry, after: survey", "overflow: sorry", "When open, 2: “when the agent hung up” is gone (formerly: the caller is asked how, then is hung up on (completed))"),
        ('vars.kind == "pma"', 'vars.kind == "pmdn"', "When open, 3, with a number, when answered: what was decided by “vars.kind == \"pma\"” is decided by “vars.kind == \"pmdn\"”"),
        (
            '{when: vars.kind == "pma", then: to-kbli}, {when: caller.vip, then: queue-kbli}',
            '{when: caller.vip, then: queue-kbli}, {when: vars.kind == "pma", then: to-kbli}',
            'When open, 3, with a number, when answered: the conditions are looked at in another order: caller.vip; vars.kind == "pma"',
        ),
    ],
)  # fmt: skip
def test_a_way_leads_to_something_else(before: str, after: str, says: str) -> None:
    assert told((before, after)) == [says]


def test_a_step_more_and_a_step_less() -> None:
    more = ("  sorry: {play: {say: [sorry], then: end}}", "  sorry: {play: {say: [sorry], then: more}}\n  more: {tag: {add: lost, then: end}}")
    assert told(more) == ["When closed: the caller also is noted as lost, then goes on as before"]
    assert told(("start: greeting", "start: open")) == ["At the start: the caller no longer hears “Selamat datang.”"]
    assert told(("1: to-kbli", "1: queue-kbli")) == ["When open, 1: the caller no longer is noted as izin.kbli"]


def test_another_step_in_its_place() -> None:
    other = ("to-kbli: {tag: {add: izin.kbli, then: queue-kbli}}", 'to-kbli: {transfer: {number: "0215551", failed: queue-kbli}}')
    assert told(other)[0] == "When open, 1 (and 1 other way): the caller is given away to 0215551 (formerly: is noted as izin.kbli, then waits in queue kbli)"


def test_a_number_outside_in_place_of_a_phone() -> None:
    text = 'start: a\nnodes:\n  a: {dial: {extension: "101", then: b, busy: b, no_answer: b, failed: b}}\n  b: {hangup: {}}\n'
    assert told(('extension: "101"', 'number: "0215551"'), text=text) == [
        "At the start: the caller is no longer connected to 101",
        "At the start: the caller is connected to 0215551",
    ]


def test_variables_are_set_one_after_the_other() -> None:
    text = 'start: a\nnodes:\n  a: {set: {to: {x: "1", y: "2"}, then: b}}\n  b: {hangup: {}}\n'
    assert told(('x: "1", y: "2"', 'y: "2", x: "1"'), text=text) == ["At the start: what is remembered is y = 2, x = 1, formerly x = 1, y = 2"]
    assert told(("send: {nib: nib}", "send: {a: nib, b: nib}"), text=FLOW) != []
    both = FLOW.replace("send: {nib: nib}", "send: {a: nib, b: nib}")
    assert told(("{a: nib, b: nib}", "{b: nib, a: nib}"), text=both) == []


def test_what_follows_what_was_replaced_is_told_with_it() -> None:
    text = "start: a\nnodes:\n  a: {play: {say: [welcome], then: b}}\n  b: {tag: {add: x, then: c}}\n  c: {queue: {to: kbli, overflow: d}}\n  d: {hangup: {}}\n"
    other = ("a: {play: {say: [welcome], then: b}}", "a: {say: {parts: [{prompt: hello}], then: d}}")
    assert told(other, ("  b: {tag: {add: x, then: c}}\n  c: {queue: {to: kbli, overflow: d}}\n", ""), text=text) == [
        "At the start: the caller hears “Halo.”, then is hung up on (completed) "
        "(formerly: hears “Selamat datang.”, then is noted as x, then waits in queue kbli)"
    ]


def test_names_and_gotos_are_not_heard() -> None:
    assert told(("then: open}", "then: x}"), ("\n  open: {hours", "\n  y: {hours"), ("nodes:", "nodes:\n  x: {goto: {node: y}}")) == []
    assert told(("closed: sorry", "closed: sorry, holiday: sorry")) == []
    assert told(("to: kbli, overflow: sorry", "to: kbli, overflow: sorry, full: sorry, waited: sorry, expected: sorry, closing: sorry")) == []
    assert told(("{hangup: {}}", "{hangup: {cause: normal}}")) == []


def test_a_text_that_changes_is_told_where_it_is_heard() -> None:
    longer = {**TEXTS, "main": {"id": "Untuk izin, tekan 1.", "en": "For permits, press 1."}}
    assert told(texts=longer) == ["When open: the caller hears “For permits, press 1.” (en) in place of “For licences, press 1.”"]
    same = {**TEXTS, "hello": TEXTS["welcome"]}
    assert told(("say: [welcome]", "say: [hello]"), texts=same) == []


def test_what_holds_for_the_whole_flow_and_in_sub_flows() -> None:
    text = "start: a\nnodes:\n  a: {run: {flow: sub, then: b}}\n  b: {hangup: {}}\n"
    sub = "start: s\nnodes:\n  s: {play: {say: [welcome], then: r}}\n  r: {return: {}}\n"
    assert told(("start: a", "limits: {ivr_s: 60}\nstart: a"), text=text, parts={"sub": sub}) == ["limits.ivr_s: 60, formerly 1800"]
    assert told(text=text, parts={"sub": sub}, new_parts={"sub": sub.replace("welcome", "hello")}) == [
        "In sub-flow: the caller hears “Halo.” in place of “Selamat datang.”"
    ]
    assert told(("flow: sub", "flow: bus"), text=text, parts={"sub": sub, "bus": sub}) == []
