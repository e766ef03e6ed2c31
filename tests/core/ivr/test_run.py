"""run, return, goto: sub-flows with arguments, values and variables of their own."""

from __future__ import annotations

import pytest
from playbook import Playbook, flow, plan

from ivrd.core.cdr import Disposition
from ivrd.errors import ConfigError

MAIN = """start: set-up
nodes:
  set-up: {set: {to: {n: 1}, then: ask}}
  ask: {run: {flow: double, give: {of: vars.n + 4}, into: {n: result}, then: go}}
  go: {goto: {node: end}}
  end: {menu: {say: [a], keys: {}, otherwise: end}}
"""
DOUBLE = """arguments: {of: int}
returns: {result: int}
start: calc
nodes:
  calc: {set: {to: {n: vars.of * 2}, then: pick}}
  pick: {menu: {say: [a], keys: {1: done}, otherwise: done}}
  done: {return: {values: {result: vars.n}}}
"""
ENDLESS = "start: again\nnodes:\n  again: {run: {flow: loop, then: again}}\n"


def test_a_sub_flow_has_its_own_variables_and_returns_its_values() -> None:
    book = Playbook(plan(text=MAIN, parts={"double": DOUBLE}))
    walk = book.arrive().walk
    assert (walk.part, walk.node, walk.vars) == ("double", "pick", {"of": 5, "n": 10})
    book.press("1")
    assert (walk.part, walk.node, walk.vars, walk.stack) == ("", "end", {"n": 10}, [])
    assert walk.path == ["set-up", "ask", "double/calc", "double/pick", "double/done", "go", "end"]
    assert walk.menus == ["end"]


def test_the_version_is_of_all_files_together() -> None:
    versions = {flow(MAIN, parts={"double": d}).version for d in (DOUBLE, DOUBLE + "# changed\n")}
    assert len(versions) == 2


def test_a_caller_in_a_sub_flow_who_hangs_up_leaves_nothing() -> None:
    book = Playbook(plan(text=MAIN, parts={"double": DOUBLE}))
    book.arrive()
    book.caller_leaves()
    book.wind_up()


def test_sub_flows_within_sub_flows_have_a_limit() -> None:
    book = Playbook(plan(text=ENDLESS.replace("flow: loop", "flow: loop"), parts={"loop": ENDLESS}))
    book.arrive()
    book.wind_up()
    assert book.rows()[-1].disposition == Disposition.FAILED
    assert book.rows()[-1].menu_path.endswith("!depth")


@pytest.mark.parametrize(
    ("main", "part", "said"),
    [
        (MAIN.replace("flow: double", "flow: duble"), DOUBLE, "there is no flow 'duble'"),
        (MAIN.replace("of: vars", "off: vars"), DOUBLE, "did you mean 'of'?"),
        (MAIN.replace("give: {of: vars.n + 4}, ", ""), DOUBLE, "needs the argument 'of'"),
        (MAIN.replace("n: result", "n: rsult"), DOUBLE, "did you mean 'result'?"),
        (MAIN, DOUBLE.replace("{result: vars.n}", "{reslt: vars.n}"), "double.yaml:7:"),
        (MAIN, DOUBLE.replace("vars.of * 2", "vars.of + did"), "double.yaml:5:"),
        (MAIN.replace("of: vars.n + 4", "of: did"), DOUBLE, "`did` is string, but int is needed here"),
        (MAIN, DOUBLE.replace("{result: vars.n}", "{result: did}"), "`did` is string, but int is needed here"),
        (MAIN, DOUBLE.replace("of: int}", "of: nmber}"), "double.yaml:1:"),
        (MAIN.replace("go: {goto: {node: end}}", "go: {return: {}}"), DOUBLE, "nothing runs this flow"),
    ],
)
def test_what_does_not_fit_is_said_at_its_place(main: str, part: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        flow(main, parts={"double": part})
    assert said in str(caught.value)
