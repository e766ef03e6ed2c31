"""Any valid flow, any events: a call ends within its limits, nothing raises, and there is always a next step."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playbook import Playbook, plan

from ivrd.core.acd.model import Queue
from ivrd.core.commands import AskOutside, PlayPrompt
from ivrd.core.events import AskAnswered, ChannelSeen, SwitchLost, SwitchSeen
from ivrd.core.ivr.verbs import VERBS
from ivrd.core.state import Stage

NAMES = [f"n{i}" for i in range(8)]
SUB = """arguments: {x: int}
returns: {y: int}
start: a
nodes:
  a: {collect: {say: [a], into: z, max: 2, tries: 1, then: b, otherwise: c}}
  b: {return: {values: {y: vars.x + 1}}}
  c: {run: {flow: sub, give: {x: vars.x + 1}, into: {w: y}, then: b}}
"""
node = st.sampled_from(NAMES)
PROMPTS = ["welcome", "menu@en", ":closed-reason", ":next-opening"]
says = st.sampled_from([[], *([p] for p in PROMPTS), PROMPTS])
escalates = says | st.sampled_from([[["welcome"]], [["welcome"], ["menu@en", "welcome"]]])
key = st.sampled_from("0123456789*#")
conditions = st.sampled_from(
    ["caller.vip", "now.hour > 8", 'queues["help"].waiting > 0', "vars.n > 1", "1 / vars.n == 1", 'vars.s == "12"']
)
values = st.sampled_from(["1", "vars.n + 1", "now.hour / (now.hour - 10)", "vars.n * 1000000000000000000"])
part = st.sampled_from(
    [
        {"prompt": "a"}, {"number": "vars.n"}, {"money": "vars.n"}, {"digits": "vars.s"}, {"date": "now.date"},
        {"date": "did"}, {"time": "now.time"}, {"spell": "vars.s"}, {"text": "'Halo ' + language"},
    ]
)  # fmt: skip


def verb(name: str, **fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: st.fixed_dictionaries({k: v if isinstance(v, st.SearchStrategy) else st.just(v) for k, v in fields.items()})})


ANY_NODE = {
    "play": verb("play", say=says, then=node, barge_in=st.booleans()),
    "menu": verb(
        "menu",
        say=says,
        keys=st.fixed_dictionaries({k: node | st.sampled_from([":repeat", ":back"]) for k in "19*"}),
        otherwise=node,
        tries=st.integers(1, 3),
        silence=escalates,
        invalid=escalates,
    ),
    "language": verb("language", set=st.sampled_from(["id", "en"]), then=node),
    "hours": verb("hours", open=node, closed=node, pause=node),
    "tag": verb("tag", add=st.sampled_from(["a", "b"]), then=node),
    "queue": verb("queue", to=st.sampled_from(["help", "full"]), overflow=node),
    "hangup": verb("hangup", cause=st.sampled_from([16, "busy"])),
    "http": verb("http", service="oss", get="/x", timeout_s=2, save={"n": "/n"}, then=node, on_failure=node),
    "record": verb("record", on=st.booleans(), then=node),
    "survey": verb("survey", ask=st.sampled_from(["csat", "nps"]), say=says, then=node),
    "set": verb("set", to=st.fixed_dictionaries({"n": values}), then=node),
    "branch": verb(
        "branch",
        cases=st.tuples(*[st.fixed_dictionaries({"when": conditions, "then": node})] * 2).map(list),
        otherwise=node,
    ),
    "goto": verb("goto", node=node),
    "run": verb("run", flow="sub", give={"x": "vars.n + 1"}, into={"n": "y"}, then=node),
    "say": verb("say", parts=st.tuples(part, part).map(list), then=node, barge_in=st.booleans()),
    "collect": verb(
        "collect",
        say=says,
        into="s",
        then=node,
        otherwise=node,
        max=st.integers(1, 4),
        tries=st.integers(1, 2),
        check=st.sampled_from(["", "luhn"]),
        silence=escalates,
    )
    | verb("collect", say=says, into="secret", masked=True, then=node, otherwise=node, max=st.integers(1, 4)),
    "confirm": verb("confirm", parts=part.map(lambda p: [p]), right=node, wrong=node, otherwise=node),
}
#: each is on its own in the tests of those who write them
ELSEWHERE = set(VERBS) - {*ANY_NODE, "return"}
HUB = {"menu": {"say": ["hub"], "keys": dict(enumerate(NAMES)), "otherwise": "n0", "tries": 2}}
#: a flow is large: to explain a failure takes minutes, to shrink it does not
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
FIRST = {"set": {"to": {"n": 0, "s": "'12'"}, "then": "hub"}}


@st.composite
def flows(draw: st.DrawFn) -> str:
    """Every node can be come to by the hub's keys."""
    nodes = {name: draw(ANY_NODE[draw(st.sampled_from(sorted(ANY_NODE)))]) for name in NAMES}
    limits = {"steps": 60, "loops": 6, "ivr_s": 900}
    return yaml.safe_dump({"start": "first", "limits": limits, "nodes": {"first": FIRST, "hub": HUB, **nodes}})


happenings = st.lists(
    st.tuples(st.just("press"), key)
    | st.tuples(st.sampled_from(["heard", "wait", "answer", "outage"]), st.sampled_from(["ok", "wrong", "unreachable"])),
    max_size=40,
)


def happens(book: Playbook, what: str, how: str) -> None:
    call = book.call()
    if what == "press":
        event_digit = "?" if how in "0123456789" and _secret(book, how) else how
        book.press(event_digit)
    elif what == "heard" and call.prompt:
        book.heard()
    elif what == "wait" and (due := book.exchange.state.timers.next()):
        book.pass_time(max(0.0, due[1] - book.at))
    elif what == "answer":
        book.tell(AskAnswered, call="c1", ask_id=call.asks, outcome=how, values={"n": 2})
    elif what == "outage":
        book.tell(SwitchLost)
        book.tell(SwitchSeen, channels=(ChannelSeen(channel="c1", state="Up", role="call"),) if call.caller_here else ())


def _secret(book: Playbook, digit: str) -> bool:
    from ivrd.core.events import DigitPressed

    return book.exchange.secret(DigitPressed(at=book.at, call="c1", channel="c1", digit=digit))


def has_a_next_step(book: Playbook) -> None:
    call = book.exchange.state.calls.get("c1")
    if call is not None and call.stage in (Stage.IVR, Stage.QUEUED):
        own = [t for t in book.exchange.state.timers.due if t.endswith(":c1")]
        assert own or call.prompt, (call.walk, call.stage)


@settings(max_examples=150, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(flows(), happenings, st.booleans())
def test_any_flow_and_any_events(text: str, what_happens: list[tuple[str, str]], hangs_up: bool) -> None:
    queues = (Queue(id="help", title="Help", max_wait_s=60), Queue(id="full", title="Full", max_waiting=0))
    book = Playbook(plan(text=text, queues=queues, parts={"sub": SUB}))
    book.arrive()
    has_a_next_step(book)
    for what, how in what_happens:
        if "c1" not in book.exchange.state.calls or book.call().stage in (Stage.CLOSING, Stage.CLOSED):
            break
        happens(book, what, how)
        has_a_next_step(book)
    if not hangs_up:
        the_rest_in_silence(book)
    if book.call().stage in (Stage.IVR, Stage.QUEUED):
        book.caller_leaves()
    book.wind_up()
    assert len(book.rows()) == 1
    for order in book.trace:
        assert not isinstance(order, PlayPrompt) or order.speech
        assert not isinstance(order, AskOutside) or order.ask_id > 0


def the_rest_in_silence(book: Playbook) -> None:
    """The caller says no more: the flow must come to its end by itself."""
    for _ in range(800):
        call = book.call()
        if call.stage not in (Stage.IVR, Stage.QUEUED):
            return
        if call.prompt:
            book.heard()
        else:
            due = book.exchange.state.timers.next()
            assert due is not None
            book.pass_time(max(0.0, due[1] - book.at))
    raise AssertionError(f"still in the flow: {book.call().walk}")


def test_every_verb_is_among_them() -> None:
    assert set(ANY_NODE) | {"return"} | ELSEWHERE == set(VERBS)
