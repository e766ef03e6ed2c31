"""What is wrong with a flow is found before a caller hears it."""

from __future__ import annotations

import dataclasses

import pytest
from playbook import Anything, flow

from ivrd.core.ivr.flow import Flow, Limits
from ivrd.core.ivr.validate import Known, Problem, problems
from ivrd.core.ivr.verbs import AnyVerb, Hangup, Language, Menu, Play, Queue

KNOWN = Known(queues=("help",), languages=("id", "en"), prompts=("welcome", "invalid-key", "no-input"))
BYE: dict[str, AnyVerb] = {"bye": Hangup()}


def found(start: str = "a", **nodes: AnyVerb) -> list[Problem]:
    made: Flow = Flow(name="t", version="t@1", start=start, nodes={**BYE, **nodes})  # type: ignore[arg-type]
    return [p for p in problems(made, KNOWN) if "no caller can ever" not in p.message]


def test_a_right_flow_has_no_problem() -> None:
    assert problems(flow("start: a\nnodes:\n  a: {hangup: {}}\n"), KNOWN) == []


def test_the_start_must_exist() -> None:
    assert found(start="x") == [Problem(path=("start",), message="there is no node 'x'", word="x", known=("bye",), rule="unknown-node")]


@pytest.mark.parametrize(
    ("node", "path", "message"),
    [
        (Play(say=("welcome",), then="x"), ("then",), "there is no node 'x'"),
        (Play(say=("welcom",), then="bye"), ("say", 0), "there is no prompt 'welcom'"),
        (Play(say=("welcome@fr",), then="bye"), ("say", 0), "there is no language 'fr'"),
        (Play(say=(":nix",), then="bye"), ("say", 0), "there is no spoken value ':nix'"),
        (Queue(to="hlp", overflow="bye"), ("to",), "there is no queue 'hlp'"),
        (Queue(to="help", overflow="x"), ("overflow",), "there is no node 'x'"),
        (Language(set="fr", then="bye"), ("set",), "there is no language 'fr'"),
        (Menu(say=(), keys={"x": "bye"}, otherwise="bye"), ("keys", "x"), "'x' is not a telephone key (0-9, *, #)"),
        (Menu(say=(), keys={}, otherwise="bye", tries=0), ("tries",), "at least one try is needed"),
        (Menu(say=(), keys={}, otherwise="bye", timeout_s=0), ("timeout_s",), "must be more than 0 seconds"),
        (Menu(say=(), keys={}, otherwise="x"), ("otherwise",), "there is no node 'x'"),
        (Menu(say=(), keys={}, otherwise="bye", silence=("x",)), ("silence", 0), "there is no prompt 'x'"),
    ],
)
def test_each_problem_is_named_with_its_place(node: AnyVerb, path: tuple[str | int, ...], message: str) -> None:
    (problem,) = found(a=node)
    assert (problem.path, problem.message) == (("nodes", "a", node.verb, *path), message)


def test_a_special_word_that_does_not_exist_is_one_problem() -> None:
    (problem,) = found(a=Menu(say=(), keys={"1": ":bak"}, otherwise="bye"))
    assert problem.known == (":repeat", ":back")


def test_a_menus_words_stand_for_keys_only() -> None:
    (problem,) = found(a=Menu(say=(), keys={}, otherwise=":back"))
    assert problem.path == ("nodes", "a", "menu", "otherwise")


def test_a_node_that_no_caller_can_come_to_is_a_problem() -> None:
    flow_ = Flow(name="t", version="t@1", start="bye", nodes={**BYE, "lost": Hangup()})  # type: ignore[arg-type]
    (problem,) = problems(flow_, KNOWN)
    assert (problem.path, problem.message) == (("nodes", "lost"), "no caller can ever come to node 'lost'")


def test_a_limit_that_no_call_can_keep_is_a_problem() -> None:
    flow_ = dataclasses.replace(flow("start: a\nnodes:\n  a: {hangup: {}}\n"), limits=Limits(steps=0))
    (problem,) = problems(flow_, Known(queues=(), languages=(), prompts=Anything()))  # type: ignore[arg-type]
    assert problem.path == ("limits", "steps")
