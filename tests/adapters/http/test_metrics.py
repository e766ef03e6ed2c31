"""Each thing that happens moves the metric that tells of it, under a name Prometheus likes."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ivrd.adapters.http import Metrics
from ivrd.adapters.http.metrics import ALARMS
from ivrd.core.commands import PublishEvent
from ivrd.core.state import Stage
from ivrd.core.views import AgentView, Alerted, AlertView, QueueView


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def happened(kind: str, **facts: Any) -> PublishEvent:
    return PublishEvent(call="1.1", kind=kind, at=0.0, facts=facts)


def exchange(stages: list[Stage], ignored: dict[tuple[str, str], int]) -> Any:
    calls = {str(n): SimpleNamespace(stage=stage) for n, stage in enumerate(stages)}
    return SimpleNamespace(state=SimpleNamespace(calls=calls), ignored=ignored)


def test_a_call_is_counted_from_end_to_end(metrics: Metrics) -> None:
    metrics.event(happened("call_arrived", did="169"))
    metrics.event(happened("offer_ended", agent="101", outcome="no_answer"))
    metrics.event(happened("call_answered", queue="cards", agent="102", wait_ms=12_500))
    metrics.event(happened("recording_failed", reason="disk"))
    metrics.event(happened("short_abandon", queue="cards", wait_ms=800))
    metrics.event(happened("call_ended", disposition="answered", by="caller"))
    assert value(metrics, "ivrd_calls_arrived_total", did="169") == 1
    assert value(metrics, "ivrd_offers_total", outcome="no_answer") == 1
    assert value(metrics, "ivrd_offers_total", outcome="answered") == 1
    assert value(metrics, "ivrd_wait_seconds_sum", queue="cards") == 12.5
    assert value(metrics, "ivrd_wait_seconds_bucket", queue="cards", le="10.0") == 0
    assert value(metrics, "ivrd_wait_seconds_bucket", queue="cards", le="20.0") == 1
    assert value(metrics, "ivrd_recordings_failed_total") == 1
    assert value(metrics, "ivrd_short_abandons_total", queue="cards") == 1
    assert value(metrics, "ivrd_calls_ended_total", disposition="answered") == 1


def test_agents_are_counted_where_they_are(metrics: Metrics) -> None:
    def now(agent: str, presence: str) -> None:
        metrics.agent(AgentView(agent=agent, name="", extension=agent, presence=presence, since=0))

    now("101", "ready")
    now("102", "ready")
    assert value(metrics, "ivrd_agents", presence="ready") == 2
    now("101", "talking")
    assert value(metrics, "ivrd_agents", presence="ready") == 1
    assert value(metrics, "ivrd_agents", presence="talking") == 1
    now("101", "ready")
    assert value(metrics, "ivrd_agents", presence="talking") == 0
    metrics.agent(AgentView(agent="102", name="", extension="102", presence="ready", since=0, reachable=False, available=False))
    assert value(metrics, "ivrd_agents", presence="ready") == 1
    assert value(metrics, "ivrd_agents", presence="unavailable") == 1


def test_a_queue_shows_who_waits_and_talks(metrics: Metrics) -> None:
    metrics.queue(QueueView(queue="cards", title="Cards", waiting=3, talking=2))
    assert value(metrics, "ivrd_queue_waiting", queue="cards") == 3
    assert value(metrics, "ivrd_queue_talking", queue="cards") == 2


def test_stages_that_empty_go_back_to_zero(metrics: Metrics) -> None:
    metrics.runtime(exchange([Stage.IVR, Stage.IVR, Stage.TALKING], {("ivr", "Hold"): 2}), 10, 1)
    assert value(metrics, "ivrd_calls_in_progress", stage="ivr") == 2
    assert value(metrics, "ivrd_calls_in_progress", stage="talking") == 1
    assert value(metrics, "ivrd_events_ignored", stage="ivr", event="Hold") == 2
    assert value(metrics, "ivrd_journal_bytes") == 10
    assert value(metrics, "ivrd_mqtt_events_dropped") == 1
    metrics.runtime(exchange([], {("ivr", "Hold"): 2, ("talking", "Hold"): 1}), 10, 1)
    assert value(metrics, "ivrd_events_ignored", stage="ivr", event="Hold") == 2
    assert value(metrics, "ivrd_events_ignored", stage="talking", event="Hold") == 1
    metrics.runtime(exchange([], {("ivr", "Hold"): 3, ("talking", "Hold"): 1}), 10, 1)
    assert value(metrics, "ivrd_events_ignored", stage="ivr", event="Hold") == 3
    assert value(metrics, "ivrd_events_ignored", stage="talking", event="Hold") == 1
    assert value(metrics, "ivrd_calls_in_progress", stage="ivr") == 0
    assert value(metrics, "ivrd_calls_in_progress", stage="talking") == 0


def test_the_runtime_is_counted(metrics: Metrics) -> None:
    metrics.handled("DigitPressed", 30e-6)
    metrics.handled("DigitPressed", 2e-3)
    metrics.core_failed()
    metrics.journal_failed()
    metrics.order_failed("OfferCall")
    metrics.loop_lag(0.5)
    metrics.loop_lag(0.001)
    assert value(metrics, "ivrd_events_total", event="DigitPressed") == 2
    assert value(metrics, "ivrd_event_handling_seconds_count") == 2
    assert value(metrics, "ivrd_event_handling_seconds_bucket", le="0.001") == 1
    assert value(metrics, "ivrd_core_failures_total") == 1
    assert value(metrics, "ivrd_journal_failures_total") == 1
    assert value(metrics, "ivrd_orders_failed_total", order="OfferCall") == 1
    assert value(metrics, "ivrd_loop_lag_seconds") == 0.001
    assert value(metrics, "ivrd_loop_lag_max_seconds") == 0.5


def test_two_daemons_do_not_share_their_numbers() -> None:
    one, other = Metrics(), Metrics()
    one.core_failed()
    assert value(other, "ivrd_core_failures_total") == 0


def test_every_metric_of_ours_has_a_help_text_and_our_prefix(metrics: Metrics) -> None:
    ours = [m for m in metrics.registry.collect() if m.name.startswith("ivrd_")]
    assert len(ours) > 15
    assert all(m.documentation for m in ours)
    others = {m.name.split("_")[0] for m in metrics.registry.collect()} - {"ivrd"}
    assert others == {"process", "python"}


def test_whom_a_team_leader_should_see_to_is_counted_while_it_lasts(metrics: Metrics) -> None:
    assert value(metrics, "ivrd_agent_alerts", alert="missed") == 0
    alerted = tuple(Alerted(agent=a, alert="missed", since=0.0) for a in ("101", "102"))
    metrics.alerts(AlertView(alert="agents", agents=alerted))
    assert value(metrics, "ivrd_agent_alerts", alert="missed") == 2
    assert value(metrics, "ivrd_alarm", alarm="agents") == 1
    metrics.alerts(AlertView(alert="agents"))
    assert value(metrics, "ivrd_agent_alerts", alert="missed") == 0
    assert value(metrics, "ivrd_alarm", alarm="agents") == 0


def test_every_alert_is_a_metric_from_the_start_on(metrics: Metrics) -> None:
    contract = yaml.safe_load((Path(__file__).parents[3] / "docs" / "mqtt.asyncapi.yaml").read_text())
    lines = contract["channels"]["alert"]["parameters"]["name"]["description"].splitlines()
    named = [name for line in lines for name in re.findall(r"(?:^|\. )([a-z]+(?:, [a-z]+)*):", line)]
    assert {name for names in named for name in names.split(", ")} == set(ALARMS)
    assert [value(metrics, "ivrd_alarm", alarm=alarm) for alarm in ALARMS] == [0] * len(ALARMS)
    metrics.alarm("secrets", True)
    assert [alarm for alarm in ALARMS if value(metrics, "ivrd_alarm", alarm=alarm)] == ["secrets"]


def test_a_broker_that_is_away_is_a_metric(metrics: Metrics) -> None:
    assert value(metrics, "ivrd_mqtt_connected") == 0  # not yet
    metrics.broker(True)
    assert value(metrics, "ivrd_mqtt_connected") == 1
    metrics.broker(False)
    assert value(metrics, "ivrd_mqtt_connected") == 0
