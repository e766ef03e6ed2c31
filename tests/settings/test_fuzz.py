"""Whatever an admin does to the shipped files, the answer is a configuration or a ConfigError."""

from __future__ import annotations

import copy
import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivrd.core.ivr.validate import Known
from ivrd.core.ivr.verbs import VERBS
from ivrd.errors import ConfigError, Fault
from ivrd.settings import schema, yamltext
from ivrd.settings.flows import parse_flow
from ivrd.settings.load import FILES, load

from .sites import ROOT, Site

DEEP = os.environ.get("IVRD_HYPOTHESIS") == "deep"
FUZZ = settings(
    max_examples=5000 if DEEP else 50,
    deadline=None,
    database=None,
    derandomize=not DEEP,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KNOWN = Known(queues=("kbli", "umum"), languages=("id", "en"), prompts=("welcome",))
SHIPPED = {name: (ROOT / "config" / name).read_text() for name in FILES}
DIALPLAN = (ROOT / "dialplans" / "169.yaml").read_text()

#: what stands where something else should: of every kind, and of the kind that is nearly right
ODD = st.sampled_from(
    [None, True, 0, 1, -1, 10**30, 1.5, float("1e300"), "", " ", "x", "169", "08:00-17:00", ":back", "@", "a@b@c",
     [], [[]], [None], ["x"], {}, {"x": 1}, {1: {2: 3}}, {"": ""}, {"menu": {}}, "é\u202e", "0812", "*"]
)  # fmt: skip


def check(read: Callable[[], object]) -> None:
    error: ConfigError | None = None
    try:
        read()
    except ConfigError as exc:
        error = exc
    if error is not None:
        assert error.faults
        assert all(f.message and (f.line >= 1) == (f.column >= 1) for f in error.faults)


def paths(data: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [before]
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += paths(value, (*before, key))
    return found


@st.composite
def spoiled(draw: st.DrawFn, text: str) -> str:
    """The file with some of its values and keys replaced, removed, or doubled: still YAML."""
    data = yaml.load(text, Loader=yaml.BaseLoader)
    for _ in range(draw(st.integers(1, 3))):
        *parents, last = draw(st.sampled_from(paths(data)[1:]))
        at = data
        for key in parents:
            at = at[key]
        match draw(st.sampled_from(["value", "key", "remove"])):
            case "remove":
                del at[last]
            case "key" if isinstance(at, dict):
                at[draw(st.sampled_from(["x", 5, "extra", "say", "name", ""]))] = at.pop(last)
            case _:
                at[last] = copy.deepcopy(draw(ODD))
        if not paths(data)[1:]:
            break
    return yaml.safe_dump(data, allow_unicode=draw(st.booleans()), default_flow_style=draw(st.sampled_from([None, True, False])))


@st.composite
def torn(draw: st.DrawFn, text: str) -> str:
    """The file with a piece of its text replaced: often no YAML any more."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 40)))
    piece = draw(st.sampled_from(["", "\t", "{", "]", "'", '"', ":", "\n", "&a ", "*a", "!!int ", "|", "? ", "- ", "%", "\x00", "---\n", "<<: ", "#"]))
    return text[:start] + piece + text[end:]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", [spoiled, torn])
def test_a_spoiled_configuration_is_a_config_error_or_right(name: str, how: Callable[[str], st.SearchStrategy[str]], tmp_path: Path) -> None:
    site = Site(tmp_path)
    path = site.root / "config" / name

    @FUZZ
    @given(how(SHIPPED[name]))
    def try_it(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        check(lambda: load(site.root / "config"))

    try_it()


@pytest.mark.parametrize("how", [spoiled, torn])
def test_a_spoiled_dialplan_is_a_config_error_or_right(how: Callable[[str], st.SearchStrategy[str]]) -> None:
    @FUZZ
    @given(how(DIALPLAN))
    def try_it(text: str) -> None:
        check(lambda: parse_flow(yamltext.loads(text, "169.yaml"), "169", text.encode(), KNOWN))

    try_it()


# --- flows made from the schema: every verb, every key, right or nearly right

SCHEMA = schema.dialplan()
NODES = ("a", "b", "c", "d")
WORDS = {
    "node": st.sampled_from([*NODES, "nowhere", ":back", ":repeat"]),
    "prompt": st.sampled_from(["welcome", "welcome@en", "welcom", ":next-opening", "@", "welcome@"]),
    "queue": st.sampled_from(["kbli", "umum", "kblii"]),
    "language": st.sampled_from(["id", "en", "fr"]),
    "skill": st.sampled_from(["x", ""]),
    "flow": st.sampled_from(["sub", "other", "fuzz"]),
    "variable": st.sampled_from(["x", "y", "call.caller", "not a name", "é"]),
    "service": st.sampled_from(["oss", "nothing"]),
    "mailbox": st.sampled_from(["desk", "nothing"]),
}
EXPRESSIONS = st.sampled_from(
    ["1", "vars.x", "vars.x + 1", "vars.nothing", "'text'", "true", "now.hour > 3", 'queues["kbli"].waiting > 1', "queues",
     "1 +", "(((((", "'", "vars", "vars.x.y", "1 / 0", "did == caller.number", "a" * 3000, "[1,2,3].map(x, x * 2)", "\u202e", 7, 1.5]
)  # fmt: skip


def valid(made: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema allows, as far as a schema can say."""
    if "$ref" in made:
        return st.deferred(lambda: valid(SCHEMA["$defs"][made["$ref"].rpartition("/")[2]]))
    if "x-expression" in made:
        return EXPRESSIONS
    if "x-names" in made and made.get("type") == "string":
        return WORDS.get(made["x-names"], st.sampled_from(["x", ""]))
    if "enum" in made:
        return st.sampled_from(made["enum"])
    if "anyOf" in made:
        return st.one_of([valid(way) for way in made["anyOf"]])
    match made.get("type"):
        case "array":
            return st.lists(valid(made["items"]), max_size=3)
        case "object" if "properties" in made:
            keys = made["properties"]
            required = {k: valid(v) for k, v in keys.items() if k in made.get("required", ())}
            optional = {k: valid(v) for k, v in keys.items() if k not in required}
            return st.fixed_dictionaries(required, optional=optional)
        case "object":
            return st.dictionaries(st.sampled_from(["x", "y", "1", "*", "a b"]), valid(made["additionalProperties"]), max_size=3)
        case "integer":
            return st.sampled_from([-1, 0, 1, 2, 30, 10**9])
        case "number":
            return st.sampled_from([-1, 0, 0.5, 1, 30, 1e300])
        case "boolean":
            return st.booleans()
        case _:
            return st.sampled_from(["x", "a.b", "/data/x", "", "^[0-9]+$", "(((", "+62811", "é"])


VALID_VERBS = {name: valid(SCHEMA["$defs"][name]) for name in VERBS}


@st.composite
def flows(draw: st.DrawFn) -> str:
    """A flow whose nodes may all be right, with at most a few things that are not."""
    nodes: dict[str, Any] = {}
    for name in NODES[: draw(st.integers(1, len(NODES)))]:
        verb = draw(st.sampled_from(list(VERBS)))
        nodes[name] = {verb: draw(VALID_VERBS[verb])}
    data: dict[str, Any] = {"start": "a", "nodes": nodes}
    if draw(st.booleans()):
        data["variables"] = draw(valid(SCHEMA["properties"]["variables"]))
    if draw(st.booleans()):
        data["limits"] = draw(valid(SCHEMA["properties"]["limits"]))
    for _ in range(draw(st.integers(0, 2))):
        *parents, last = draw(st.sampled_from(paths(data)[1:]))
        at: Any = data
        for key in parents:
            at = at[key]
        at[last] = copy.deepcopy(draw(ODD))
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


SUBFLOW = "start: s\narguments: {x: int}\nreturns: {y: string}\nnodes:\n  s: {return: {values: {y: \"'done'\"}}}\n"


def sub_flow(name: str) -> tuple[yamltext.Document, bytes] | None:
    return (yamltext.loads(SUBFLOW, "sub.yaml"), SUBFLOW.encode()) if name == "sub" else None


def faults_of(text: str, known: Known) -> list[Fault]:
    """What is wrong with a dialplan; [] when nothing is. Anything but ConfigError is a defect."""
    try:
        parse_flow(yamltext.loads(text, "fuzz.yaml"), "fuzz", text.encode(), known, sub_flow)
    except ConfigError as exc:
        return exc.faults
    return []


@settings(FUZZ, max_examples=5000 if DEEP else 300)
@given(flows())
def test_a_flow_of_any_verbs_is_right_or_every_fault_has_its_place(text: str) -> None:
    known = dataclasses.replace(KNOWN, services=("oss",), mailboxes=("desk",), flows=("sub",), skills=("x",), teams=(("x",),))
    for fault in faults_of(text, known):
        assert fault.message
        assert fault.line >= 1
        assert fault.column >= 1
        assert len(fault.message) < 1000, "nobody reads that"


def test_fuzzed_flows_are_not_all_wrong() -> None:
    """Else the fuzz would only knock at the first door."""
    simple = st.sampled_from(["tag", "hangup", "language", "hours", "record"])
    nodes = simple.flatmap(lambda verb: VALID_VERBS[verb].map(lambda body: {verb: body}))
    right: list[str] = []

    @settings(FUZZ, max_examples=200)
    @given(nodes)
    def try_it(node: Any) -> None:
        others = {name: {"hangup": {}} for name in NODES[1:]}
        text = yaml.safe_dump({"start": "a", "nodes": {"a": node, **others}})
        if not faults_of(text, dataclasses.replace(KNOWN, ways=False)):
            right.append(text)

    try_it()
    assert len(right) >= 20


LAUGHS = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
MONSTERS = {
    "billion laughs": f"a0: &a0 [x, x]\n{LAUGHS}",
    "itself inside": "start: &a [*a]\nnodes: {}\n",
    "a node that is itself": "start: a\nnodes:\n  a: &a {menu: *a}\n",
    "deep lists": "start: " + "[" * 20_000 + "]" * 20_000,
    "deep maps": "{a: " * 5_000 + "x" + "}" * 5_000,
    "deep blocks": "".join(" " * n + "a:\n" for n in range(1_000)),
    "a number of 5000 digits": f"start: {'9' * 5000}\nnodes:\n  a: {{hangup: {{cause: {'9' * 5000}}}}}\n",
    "a float beyond all": "start: a\nnodes:\n  a: {menu: {say: [], keys: {}, otherwise: a, timeout_s: 1.0e999999}}\n",
    "a name of 100,000 letters": f"start: {'a' * 100_000}\nnodes:\n  {'a' * 99_999}: {{hangup: {{}}}}\n",
    "a word of 100,000 letters": f"start: a\nnodes:\n  a: {{{'h' * 100_000}: {{}}}}\n",
    "right to left": "start: \u202ea\nnodes:\n  \u202ea: {hangup: {}}\n",
    "two names that look alike": "start: \u0430\nnodes:\n  a: {hangup: {}}\n",
    "combining": "start: e\u0301\nnodes:\n  \u00e9: {hangup: {}}\n",
    "an emoji family": "start: \U0001f468\u200d\U0001f469\nnodes:\n  \U0001f468\u200d\U0001f469: {hangup: {why: \U0001f4a9}}\n",
    "line separators": "start: a\u2028b\nnodes: {a: {hangup: {}}}\u2029\n",
    "a byte order mark": "\ufeffstart: a\nnodes:\n  a: {hangup: {}}\n",
    "nothing but NUL": "\x00",
    "a tag of Python": "start: !!python/object/apply:os.system [true]\nnodes: {}\n",
    "a set": "start: a\nnodes: !!set {a, b}\n",
    "two documents": "start: a\n---\nstart: b\n",
    "a merge key": "x: &x {hangup: {}}\nstart: a\nnodes:\n  a: {<<: *x}\n",
    "keys that are no words": "start: a\nnodes:\n  ? [a, b]\n  : {hangup: {}}\n  ? {a: b}\n  : 1\n  null: 2\n  true: 3\n  1.5: 4\n",
    "carriage returns": "start: a\r\nnodes:\r\n  a: {hangup: {why: x}}\r\n",
    "expression of 10,000 brackets": f"start: a\nnodes:\n  a: {{set: {{to: {{x: '{'(' * 10_000}1{')' * 10_000}'}}, then: b}}}}\n  b: {{hangup: {{}}}}\n",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", MONSTERS.values(), ids=MONSTERS)
def test_monsters_are_told_in_a_sentence_and_soon(text: str) -> None:
    said = "\n".join(str(fault) for fault in faults_of(text, KNOWN))
    assert len(said) < 5000, said[:500]


@FUZZ
@given(st.text(max_size=60) | st.text(alphabet="ab:-[]{}&*!|>'\"#?, \n\t0.", max_size=60))
def test_any_text_at_all_is_data_or_a_config_error(text: str) -> None:
    check(lambda: yamltext.loads(text, "f.yaml"))
