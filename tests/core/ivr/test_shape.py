"""What a verb's fields say of themselves is found wherever it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from ivrd.core.ivr.shape import (
    Doc,
    Expression,
    Names,
    NodeRef,
    Reads,
    Says,
    Sets,
    expressions,
    named,
    says,
    targets,
    variables,
)
from ivrd.core.ivr.verbs import Hangup, Menu, Play


@dataclass(frozen=True, kw_only=True)
class Case:
    when: Annotated[str, Expression("bool")]
    then: NodeRef


@dataclass(frozen=True, kw_only=True)
class Sample:
    cases: Annotated[tuple[Case, ...], Doc("ways")] = ()
    give: dict[Sets, Annotated[str, Expression("any")]] = field(default_factory=dict)
    of: Reads = ""
    say: Says | None = None
    plain: str = "x"
    one: Case | None = None


SAMPLE = Sample(
    cases=(Case(when="a > 1", then="n"), Case(when="true", then="m")),
    give={"v": "1 + 1"},
    of="w",
    say=("p",),
    one=Case(when="b", then="k"),
)


def test_every_marked_value_is_found_with_its_path() -> None:
    assert [(p, v) for p, _, v in named(SAMPLE)] == [
        (("cases", 0, "when"), "a > 1"),
        (("cases", 0, "then"), "n"),
        (("cases", 1, "when"), "true"),
        (("cases", 1, "then"), "m"),
        (("give", "v"), "v"),
        (("give", "v"), "1 + 1"),
        (("of",), "w"),
        (("say", 0), "p"),
        (("one", "when"), "b"),
        (("one", "then"), "k"),
    ]


def test_each_role_can_be_asked_for_by_itself() -> None:
    assert targets(SAMPLE) == [(("cases", 0, "then"), "n"), (("cases", 1, "then"), "m"), (("one", "then"), "k")]
    assert says(SAMPLE) == [(("say", 0), "p")]
    assert [(p, e.type, v) for p, e, v in expressions(SAMPLE)][2] == (("give", "v"), "any", "1 + 1")
    assert variables(SAMPLE, sets=True) == [(("give", "v"), "v")]
    assert variables(SAMPLE, sets=False) == [(("of",), "w")]


def test_nothing_is_named_by_what_is_left_out() -> None:
    assert list(named(Sample())) == []
    assert list(named(Hangup())) == []


def test_a_menus_words_are_no_targets_but_are_named() -> None:
    menu = Menu(say=("a",), keys={"1": "x", "9": ":repeat"}, otherwise="y")
    assert targets(menu) == [(("keys", "1"), "x"), (("otherwise",), "y")]
    assert (("keys", "9"), Names("node", words=(":repeat", ":back")), ":repeat") in list(named(menu))
    assert says(Play(say=("a", "b"), then="c")) == [(("say", 0), "a"), (("say", 1), "b")]
