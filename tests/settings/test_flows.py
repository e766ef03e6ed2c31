"""Dialplans: read with every fault at its place, in the words of who wrote the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivrd.adapters.prompts.catalogue import load as load_catalogue
from ivrd.core.ivr.flow import Flow, Limits
from ivrd.core.ivr.validate import Known
from ivrd.core.ivr.verbs import VERBS, Menu
from ivrd.errors import ConfigError, Fault
from ivrd.settings import yamltext
from ivrd.settings.flows import load_flow, parse_flow
from ivrd.settings.load import load

from .sites import ROOT

KNOWN = Known(queues=("help", "kbli"), languages=("id", "en"), prompts=("welcome", "menu-main", "invalid-key", "no-input"))
GOOD = """start: hello
nodes:
  hello:
    play: {say: [welcome], then: main}
  main:
    menu: {say: [menu-main], keys: {1: to-help, "*": ":back"}, otherwise: bye}
  to-help:
    queue: {to: help, overflow: bye}
  bye:
    hangup: {why: overflow}
"""


def read(text: str) -> Flow:
    return parse_flow(yamltext.loads(text, "f.yaml"), "f", text.encode(), KNOWN)


def faults(text: str) -> list[Fault]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return caught.value.faults


def place(text: str, at: str) -> tuple[int, int]:
    before = text.partition(at)[0]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_the_shipped_dialplan_is_right_for_the_shipped_centre() -> None:
    loaded = load(ROOT / "config")
    prompts = load_catalogue(ROOT / "prompts" / "catalogue.yaml", loaded.site.languages).entries
    known = Known(queues=loaded.queues, languages=loaded.site.languages, prompts=prompts)
    flow = load_flow(ROOT / "dialplans" / "169.yaml", known)
    assert (flow.name, flow.start) == ("169", "greeting")
    assert {n.to for n in flow.nodes.values() if hasattr(n, "to")} == set(loaded.queues), "every queue has its way in"
    assert {type(n) for n in flow.nodes.values()} >= {VERBS[v] for v in ("play", "menu", "language", "hours", "tag", "queue", "hangup")}


def test_a_good_flow_is_read_with_its_defaults() -> None:
    flow = read(GOOD)
    main = flow.nodes["main"]
    assert isinstance(main, Menu)
    assert main.keys == {"1": "to-help", "*": ":back"}
    assert (main.tries, main.timeout_s, main.invalid, main.silence) == (3, 5.0, ("invalid-key",), ("no-input",))
    assert flow.limits == Limits(steps=200)


def test_the_version_is_the_text_and_nothing_else() -> None:
    assert read(GOOD).version == read(GOOD).version
    assert read(GOOD).version != read(GOOD + "# a comment\n").version
    assert read(GOOD).version.startswith("f@")


WRONG = [
    ("then: main}", "then: mian}", "then: mian", "there is no node 'mian'", "did you mean 'main'?"),
    ("play:", "paly:", "paly", "there is no verb 'paly'", "did you mean 'play'?"),
    ("play:", "zzz:", "zzz", "there is no verb 'zzz'", "verbs: play, menu"),
    ("to: help", "to: hepl", "to: hepl", "there is no queue 'hepl'", "did you mean 'help'?"),
    ("[welcome]", "[welcom]", "welcom]", "there is no prompt 'welcom'", "did you mean 'welcome'?"),
    ("[welcome]", "[welcome@eng]", "welcome@eng", "there is no language 'eng'", "did you mean 'en'?"),
    ("[welcome]", '[":next-openning"]', '":next', "there is no spoken value ':next-openning'", "did you mean ':next-opening'?"),
    ("[welcome]", "welcome", "say: welcome", "say must be a list, not 'welcome'", ""),
    ("1: to-help", "11: to-help", "11:", "'11' is not a telephone key (0-9, *, #)", ""),
    ("1: to-help", "1: to-hepl", "1: to-hepl", "there is no node 'to-hepl'", "did you mean 'to-help'?"),
    ('":back"', '":bak"', '"*"', "there is no word ':bak'", "did you mean ':back'?"),
    ("otherwise: bye", "otherwise: bye, tries: 0", "tries", "at least one try is needed", ""),
    ("otherwise: bye", "otherwise: bye, timeout_s: soon", "timeout_s", "timeout_s must be a number, not 'soon'", ""),
    (", otherwise: bye", "", "menu:", "otherwise is missing", ""),
    ("1: to-help", "1: 2", "1: 2", "keys.1 must be text, not 2", "put it in quotes"),
    ("why: overflow", "cause: many", "cause", "cause must be a whole number or 'normal', 'busy'", ""),
    ("otherwise: bye", "otherwise: bye, silence: 5", "silence", "silence must be a list, not 5", ""),
    ("overflow: bye", "overflow: bye, skill: x", "skill", "unknown key 'skill'", "did you mean 'skills'?"),
    ("why: overflow", "why: overflw", "why", "why must be", ""),
    ("start: hello", "start: helo", "start", "there is no node 'helo'", "did you mean 'hello'?"),
    ("start: hello", "strat: hello\nstart: hello", "strat", "unknown key 'strat'", "did you mean 'start'?"),
    ("start: hello\n", "", "nodes", "`start` is missing", ""),
    ("start: hello\n", "start: hello\nlimits: {steps: 0}\n", "steps", "at least one step is needed", ""),
    ("start: hello\n", "start: hello\nlimits: {stepps: 9}\n", "stepps", "unknown key 'stepps'", "did you mean 'steps'?"),
    ("hangup: {why: overflow}", "hangup: {why: overflow}\n  lost:\n    hangup: {}", "lost", "no caller can ever come to node 'lost'", ""),
    ("hangup: {why: overflow}", "hangup: {}\n    play: {say: [], then: bye}", "bye:\n", "node 'bye' must have exactly one verb", "verbs: play"),
    ("hangup: {why: overflow}", "hangup", "bye:\n", "node 'bye' must have exactly one verb", ""),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "at", "message", "hint"), WRONG, ids=[w[1][:30] for w in WRONG])
def test_each_fault_is_told_where_it_is(before: str, after: str, at: str, message: str, hint: str) -> None:
    assert GOOD.count(before) == 1
    text = GOOD.replace(before, after)
    found = [f for f in faults(text) if message in f.message]
    assert len(found) == 1, faults(text)
    assert hint in found[0].hint
    assert (found[0].line, found[0].column) == place(text, at)
    # a misspelt target leaves its node without a way in: that is told, too; nothing else is
    assert all("no caller can ever" in f.message for f in faults(text) if f is not found[0] and f.message != found[0].message)


def test_all_faults_are_told_at_once() -> None:
    text = GOOD.replace("to: help", "to: x").replace("[welcome]", "[y]").replace("1: to-help", "1: to-help, 12: z")
    assert [f.message for f in faults(text)] == [
        "there is no prompt 'y'",
        "there is no node 'z'",
        "'12' is not a telephone key (0-9, *, #)",
        "there is no queue 'x'",
    ]


@pytest.mark.parametrize("text", ["", "[]\n", "start: a\n", "start: a\nnodes: {}\n", "start: a\nnodes: [a]\n", "5\n"])
def test_what_is_no_dialplan_at_all_is_told_so(text: str) -> None:
    (fault,) = faults(text)
    assert fault.message == "a dialplan needs `start: <node>` and `nodes:`"


def test_node_names_may_be_numbers() -> None:
    text = "start: 1\nnodes:\n  1: {play: {say: [welcome], then: '2'}}\n  2: {hangup: {why: x}}\n"
    (fault,) = faults(text)
    assert (fault.line, fault.column) == place(text, "why")
    assert read(text.replace("{why: x}", "{}")).start == "1"


def test_a_dialplan_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_flow(tmp_path / "no.yaml", KNOWN)
