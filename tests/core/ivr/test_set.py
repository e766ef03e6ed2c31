"""set: variables get values, or keep theirs."""

from __future__ import annotations

import pytest
from playbook import Playbook, flow, plan

from ivrd.errors import ConfigError

BYE = "  bye: {hangup: {}}\n"


def vars_after(to: str, declared: str = "") -> dict[str, object]:
    book = Playbook(plan(text=f"start: a\n{declared}nodes:\n  a: {{set: {{to: {to}, then: bye}}}}\n{BYE}"))
    return dict(book.arrive().walk.vars)


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        flow(text)
    return [str(f) for f in caught.value.faults]


def test_values_are_given_in_order_and_see_each_other() -> None:
    assert vars_after('{a: 1, b: vars.a + 1, c: "\'x\' + caller.number", d: "2 > 1"}') == {
        "a": 1,
        "b": 2,
        "c": "x0812345678",
        "d": True,
    }


def test_what_has_no_value_leaves_the_variable_and_shows_in_the_path() -> None:
    book = Playbook(plan(text=f"start: a\nnodes:\n  a: {{set: {{to: {{n: 7 / 0, m: 1}}, then: bye}}}}\n{BYE}"))
    walk = book.arrive().walk
    assert walk.vars == {"m": 1}
    assert walk.path == ["a", "!no-value", "bye"]


def test_a_name_that_nothing_sets_is_found_when_the_file_is_read() -> None:
    (fault,) = faults(f"start: a\nnodes:\n  a: {{set: {{to: {{number: vars.nmber + 1}}, then: bye}}}}\n{BYE}")
    assert fault == (
        "test.yaml:3:18: in `vars.nmber + 1`, at character 5: nothing gives the variable 'nmber' a value\n"
        "    did you mean 'vars.number'?"
    )


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("caller.numbr", "did you mean 'caller.number'?"),
        ("1 +", "Syntax error"),
        ("now.hour + 'a'", "found no matching overload"),
        ("now.date.matches('(')", ""),
        ("[1, 2]", "is a list or a map, but one value is needed here"),
        ("[1].all(x, [1].all(y, true))", "at most one of all()"),
        ("queues.help.waiting", "a queue is named as"),
        ('queues[\\"hlp\\"].waiting', "did you mean 'help'?"),
        ('queues[\\"help\\"].wating', "did you mean 'waiting'?"),
        ("did" + " + did" * 100, "longer than 500 characters"),
    ],
)
def test_each_mistake_is_said(expression: str, said: str) -> None:
    text = f'start: a\nnodes:\n  a: {{set: {{to: {{v: "{expression}"}}, then: bye}}}}\n{BYE}'
    if not said:  # RE2 sees a broken pattern only when it is used: then it has no value
        assert flow(text).nodes
        return
    assert any(said in fault for fault in faults(text))


def test_a_declared_type_is_held() -> None:
    assert vars_after("{n: 1}", "variables: {n: int}\n") == {"n": 1}
    (fault,) = faults(f"start: a\nvariables: {{n: int}}\nnodes:\n  a: {{set: {{to: {{n: did}}, then: bye}}}}\n{BYE}")
    assert "`did` is string, but int is needed here" in fault


def test_variables_have_a_limit_in_number_and_length() -> None:
    for to, limits in (("{a: 1, b: 2, c: 3}", "{variables: 2}"), ('{a: "\'12345\'"}', "{variable_length: 4}")):
        book = Playbook(plan(text=f"start: a\nlimits: {limits}\nnodes:\n  a: {{set: {{to: {to}, then: bye}}}}\n{BYE}"))
        book.arrive()
        book.wind_up()
        assert (book.rows()[-1].disposition, book.rows()[-1].menu_path) == ("failed", "a>!variables")
