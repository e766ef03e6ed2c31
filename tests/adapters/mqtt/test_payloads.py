"""Topics and payloads against the contract, without a broker."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrd.adapters.mqtt import payloads, topics
from ivrd.core.acd.presence import Presence
from ivrd.core.board import UNAVAILABLE
from ivrd.core.commands import PublishEvent
from ivrd.core.views import AgentView, Alerted, AlertView, QueueView, TrunkView
from ivrd.errors import Fault

TEXT = st.text(max_size=20)
COUNT = st.integers(0, 10**6)
TIME = st.floats(0, 4e9)
TIME_OR_NONE = st.none() | TIME
PRESENCE = st.sampled_from([p.value for p in Presence])

QUEUES = st.builds(
    QueueView,
    queue=TEXT,
    title=TEXT,
    waiting=COUNT,
    longest_wait_since=TIME_OR_NONE,
    talking=COUNT,
    agents=st.dictionaries(PRESENCE | st.just(UNAVAILABLE), COUNT),
    expected_wait_s=st.none() | COUNT,
    service_level_s=COUNT,
    offered_today=COUNT,
    answered_today=COUNT,
    answered_in_level_today=COUNT,
    abandoned_today=COUNT,
    short_abandoned_today=COUNT,
    service_level_today=st.none() | st.floats(0, 1),
    diverted_today=COUNT,
    callbacks_in_line=COUNT,
    callbacks_wait_s_today=st.none() | COUNT,
)
AGENTS = st.builds(
    AgentView,
    agent=TEXT,
    name=TEXT,
    extension=TEXT,
    presence=PRESENCE,
    since=TIME,
    reason=TEXT,
    reachable=st.booleans(),
    queue=TEXT,
    call=TEXT,
    on_hold_since=TIME_OR_NONE,
    wrap_up_until=TIME_OR_NONE,
    private_call=st.booleans(),
    resting_until=TIME_OR_NONE,
    available=st.booleans(),
)
ALERTED = st.builds(
    Alerted, agent=TEXT, alert=st.sampled_from(["missed", "pause_limit", "unreachable", "pin", "outside"]), since=TIME, reason=TEXT
)
FACTS = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True)
    | st.sampled_from(["caller_number", "number"]),
    st.none() | TEXT | COUNT | st.floats(allow_nan=False, allow_infinity=False),
)
EVENTS = st.builds(
    PublishEvent,
    call=TEXT,
    kind=st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True),
    at=TIME,
    facts=FACTS,
)
FAULTS = st.builds(Fault, file=TEXT, line=COUNT, column=COUNT, message=TEXT, hint=TEXT)
PREFIX = topics.prefix("ivrd", "169")


def sent(payload: payloads.Payload) -> Any:
    """As a reader gets it."""
    return json.loads(json.dumps(payloads.stamped(payload, "boot", 1)))


@given(QUEUES, TIME)
def test_every_queue_keeps_the_contract(contract, view: QueueView, at: float) -> None:
    topic = f"{PREFIX}/{topics.queue_state(view.queue or 'q')}"
    assert contract.check(topic, sent(payloads.queue(view, at))) == "queueState"


@given(AGENTS, TIME)
def test_every_agent_keeps_the_contract(contract, view: AgentView, at: float) -> None:
    topic = f"{PREFIX}/{topics.agent_state(view.agent or 'a')}"
    assert contract.check(topic, sent(payloads.agent(view, at))) == "agentState"


@given(st.builds(TrunkView, channels=COUNT, reserve=COUNT, in_use=COUNT, blocked_today=COUNT), TIME)
def test_the_trunk_keeps_the_contract(contract, view: TrunkView, at: float) -> None:
    topic = f"{PREFIX}/{topics.trunk_state()}"
    assert contract.check(topic, sent(payloads.trunk(view, at))) == "trunkState"


@given(EVENTS)
def test_every_event_keeps_the_contract_and_names_no_caller(contract, command) -> None:
    topic = f"{PREFIX}/{topics.event(command.kind)}"
    assert contract.check(topic, sent(payloads.event(command))) == "event"


@given(st.lists(FAULTS, max_size=25), TIME, TIME_OR_NONE)
def test_every_alert_keeps_the_contract(contract, faults: list[Fault], at: float, since: float | None) -> None:
    payload = sent(payloads.alert("config", at, since, faults))
    assert contract.check(f"{PREFIX}/{topics.alert('config')}", payload) == "alert"
    assert len(payload["faults"]) + payload["more"] == len(faults)


@given(st.lists(ALERTED, max_size=5), TIME)
def test_whom_to_see_to_keeps_the_contract(contract, agents: list[Alerted], at: float) -> None:
    payload = sent(payloads.agents_alert(AlertView(alert="agents", agents=tuple(agents)), at))
    assert contract.check(f"{PREFIX}/{topics.alert('agents')}", payload) == "alert"
    assert payload["raised"] == bool(agents)


@pytest.mark.parametrize("state", ["online", "draining", "offline"])
def test_every_status_keeps_the_contract(contract, state: str) -> None:
    payload = sent(payloads.status(state, 1.0))
    assert contract.check(f"{PREFIX}/{topics.status()}", payload) == "status"


def test_the_contract_refuses_what_it_does_not_list(contract) -> None:
    payload = payloads.agent(
        AgentView(agent="1", name="A", extension="1", presence="ready", since=0), 0
    )
    topic = f"{PREFIX}/{topics.agent_state('1')}"
    for wrong in ({"caller_number": "081"}, {"at": "now"}, {"presence": "asleep"}):
        with pytest.raises(jsonschema.ValidationError):
            contract.check(topic, sent({**payload, **wrong}))


def test_the_contract_knows_every_presence(contract) -> None:
    listed = contract.document["components"]["schemas"]["presence"]["enum"]
    assert listed == [p.value for p in Presence]
    counted = contract.document["components"]["schemas"]["queueState"]["properties"]["agents"]["propertyNames"]["enum"]
    assert counted == [*listed, UNAVAILABLE]


def test_every_reference_in_the_contract_leads_somewhere(contract) -> None:
    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [r for value in node.values() for r in references(value)]
        return [r for value in node for r in references(value)] if isinstance(node, list) else []

    found = references(contract.document)
    assert len(found) > 30
    for reference in found:
        target = contract.document
        for key in reference.removeprefix("#/").split("/"):
            target = target[key]


def test_a_payload_says_all_that_its_view_says() -> None:
    queue = payloads.queue(QueueView(queue="q", title="Q"), 0)
    agent = payloads.agent(
        AgentView(agent="1", name="A", extension="1", presence="ready", since=0), 0
    )
    assert set(queue) == {f.name for f in dataclasses.fields(QueueView)} | {"at"}
    assert set(agent) == {f.name for f in dataclasses.fields(AgentView)} | {"at"}


def test_times_are_utc_with_milliseconds() -> None:
    assert payloads.iso(1764032523.4567) == "2025-11-25T01:02:03.456Z"


@given(st.text(min_size=1), st.text(min_size=1))
def test_ids_make_one_level_and_two_ids_never_share_a_topic(one: str, other: str) -> None:
    topic = topics.queue_state(one)
    assert topic.count("/") == 2
    assert not set("+#\0") & set(topic)
    assert (topic == topics.queue_state(other)) == (one == other)
