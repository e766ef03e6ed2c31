"""Any two flows: nothing is told of other names for nodes, and something of whatever a caller could notice."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrd.graph.diff import Change, diff
from ivrd.graph.told import facts, sentence
from tests.core.ivr.test_any_flow import PHASES, SUB, flows
from tests.core.playbook import flow

WORDLESS: Mapping[str, str] = {}


def changes(old: str, new: str) -> list[Change]:
    parts = {"sub": SUB}
    queues = ("help", "full", "other")
    return diff(flow(old, queues=queues, parts=parts), flow(new, queues=queues, parts=parts), lambda _: WORDLESS, lambda _: WORDLESS)


def renamed(text: str, names: dict[str, str]) -> str:
    """Every node under another name; but for a prompt, they are like nothing else in the text."""

    def each(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.get(k, k): v if k == "say" and isinstance(v, list) else each(v) for k, v in value.items()}
        if isinstance(value, list):
            return [each(v) for v in value]
        return names.get(value, value) if isinstance(value, str) else value

    return yaml.safe_dump(each(yaml.safe_load(text)))


@settings(max_examples=60, deadline=None, phases=PHASES)
@given(flows(), st.randoms(use_true_random=False))
def test_other_names_change_nothing(text: str, chance: random.Random) -> None:
    nodes = list(yaml.safe_load(text)["nodes"])
    others = [f"node-{i}" for i in range(len(nodes))]
    chance.shuffle(others)
    assert changes(text, renamed(text, dict(zip(nodes, others, strict=True)))) == []


#: verb -> what may be changed in its body, so that a caller, or the call's record, has something of it
CHANGED: dict[str, dict[str, Any]] = {
    "play": {"say": ["other"]}, "menu": {"say": ["other"], "tries": 9, "timeout_s": 77}, "language": {"set": None},
    "tag": {"add": "other"}, "queue": {"to": "other", "priority": 3}, "hangup": {"why": "failed", "cause": 99},
    "http": {"timeout_s": 9, "get": "/other"}, "record": {"on": None}, "survey": {"tries": 9}, "set": {"to": {"n": "7", "s": "'13'"}},
    "run": {"give": {"x": "7"}}, "say": {"parts": [{"prompt": "other"}]}, "collect": {"tries": 9, "max": 9},
    "confirm": {"tries": 9, "parts": [{"prompt": "other"}]},
}  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    """One field of one node has another value; every node can be come to."""
    data = yaml.safe_load(text)
    name = chance.choice([n for n, node in data["nodes"].items() if next(iter(node)) in CHANGED])
    verb, body = next(iter(data["nodes"][name].items()))
    key = chance.choice(sorted(CHANGED[verb]))
    value = CHANGED[verb][key]
    if value is None:
        value = (not body[key]) if isinstance(body[key], bool) else {"id": "en", "en": "id"}[body[key]]
    body[key] = copy.deepcopy(value)
    return yaml.safe_dump(data)


@settings(max_examples=60, deadline=None, phases=PHASES)
@given(flows(), st.randoms(use_true_random=False))
def test_one_other_value_is_told(text: str, chance: random.Random) -> None:
    other = mutated(text, chance)
    found = changes(text, other)
    if yaml.safe_load(text) != yaml.safe_load(other):
        assert found
    for change in found:
        assert sentence(change, "id")
        assert facts(change, "id")["sentence"]


@settings(max_examples=60, deadline=None, phases=PHASES)
@given(flows(), flows())
def test_something_is_told_of_two_flows_unless_no_walk_can_tell_them_apart(old: str, new: str) -> None:
    assert bool(changes(old, new)) == can_be_told_apart(old, new)
    assert bool(changes(new, old)) == can_be_told_apart(new, old)


def can_be_told_apart(old: str, new: str) -> bool:
    """By hand on the YAML: pairs of nodes that both flows come to in step, until one pair differs."""
    a, b = yaml.safe_load(old)["nodes"], yaml.safe_load(new)["nodes"]
    pairs, seen = [("first", "first")], set()
    while pairs:
        pair = (past_gotos(a, pairs[-1][0]), past_gotos(b, pairs.pop()[1]))
        if pair in seen:
            continue
        seen.add(pair)
        (own, ways), (other_own, other_ways) = taken_apart(a[pair[0]]), taken_apart(b[pair[1]])
        if own != other_own or ways.keys() != other_ways.keys():
            return True
        for label, to in ways.items():
            if to.startswith(":") or other_ways[label].startswith(":"):
                if to != other_ways[label]:
                    return True
            else:
                pairs.append((to, other_ways[label]))
    return False


def past_gotos(nodes: dict[str, Any], name: str) -> str:
    seen = set[str]()
    while "goto" in nodes[name] and name not in seen:
        seen.add(name)
        name = nodes[name]["goto"]["node"]
    return name


def taken_apart(node: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """What a node does, and its ways."""
    verb, body = next(iter(copy.deepcopy(node).items()))
    ways = {k: body.pop(k) for k in ("then", "otherwise", "open", "closed", "pause", "overflow", "on_failure", "right", "wrong", "node") if k in body}
    ways |= {f"key {k}": v for k, v in body.pop("keys", {}).items()}
    if "cases" in body:
        cases = body.pop("cases")
        ways |= {f"case {i}": case["then"] for i, case in enumerate(cases)}
        body["conditions"] = [case["when"] for case in cases]
    return (verb, body if body.get("cause") != 16 else {}, verb == "goto" and "ring"), ways
