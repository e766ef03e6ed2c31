"""What is counted, under the names that Prometheus knows it by (units last, _total for counters).

Each instance has its own registry, so that tests and two daemons in one process do not share.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from ivrd.core.acd.presence import Presence
from ivrd.core.commands import PublishEvent
from ivrd.core.exchange import Exchange
from ivrd.core.views import AgentView, AlertView, QueueView, TrunkView

#: the core takes some ten microseconds; a millisecond is a fault worth seeing
_HANDLING_BUCKETS_S = (10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 5e-3, 25e-3, 100e-3, 1.0)
#: service levels are asked at 10, 20 and 30 s
_WAIT_BUCKETS_S = (1, 5, 10, 20, 30, 60, 120, 300, 600, 900)
ALERTS = ("missed", "pause_limit", "unreachable", "pin", "outside")  #: core/alerts.py
#: every alert there is, by the name that it has on MQTT
ALARMS = ("agents", "asterisk", "clock", "config", "dialling", "disk", "journal", "messages", "secrets", "store", "trunk")
_CALLBACK_BUCKETS_S = (60, 300, 600, 1200, 1800, 3600, 7200, 14400, 86400)


class Metrics:
    """All metrics of one daemon; ``registry`` is what /metrics shows."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._calls(registry)
        self._floor(registry)
        self._machine(registry)
        self._presences: dict[str, str] = {}
        self._stages: set[str] = set()
        self._ignored_told: dict[tuple[str, str], int] = {}
        self._worst_lag_s = 0.0

    def _calls(self, registry: CollectorRegistry) -> None:
        self._arrived = Counter(
            "ivrd_calls_arrived", "Calls that arrived", ["did"], registry=registry
        )
        self._ended = Counter(
            "ivrd_calls_ended", "Calls that ended, by how", ["disposition"], registry=registry
        )
        self._guarded = Counter(
            "ivrd_calls_guarded",
            "Calls that a guard kept out or noticed: blocked, too_many_calls, too_many_hang_ups, too_many_silent, trunk_full, no_response, no_key",
            ["guard"],
            registry=registry,
        )
        self._dial_limit = Counter(
            "ivrd_dial_limit_reached",
            "Calls outside that were not dialled because the day's limit was reached",
            registry=registry,
        )
        self._by_stage = Gauge(
            "ivrd_calls_in_progress", "Calls in progress", ["stage"], registry=registry
        )
        self._wait = Histogram(
            "ivrd_wait_seconds",
            "Queue joined to agent answered, answered calls only",
            ["queue"],
            buckets=_WAIT_BUCKETS_S,
            registry=registry,
        )
        self._short_abandons = Counter(
            "ivrd_short_abandons",
            "Callers who hung up within acd.short_abandon_s of joining a queue",
            ["queue"],
            registry=registry,
        )
        self._offers = Counter(
            "ivrd_offers",
            "Phones rung, by how it ended: answered, withdrawn, or why not",
            ["outcome"],
            registry=registry,
        )

        self._callbacks = Counter(
            "ivrd_callbacks",
            "Callbacks requested, attempted and closed, by how it ended",
            ["queue", "what", "outcome"],
            registry=registry,
        )
        self._callback_wait = Histogram(
            "ivrd_callback_wait_seconds",
            "Callback asked for to customer and agent connected",
            ["queue"],
            buckets=_CALLBACK_BUCKETS_S,
            registry=registry,
        )

    def _floor(self, registry: CollectorRegistry) -> None:
        self._waiting = Gauge("ivrd_queue_waiting", "Callers waiting", ["queue"], registry=registry)
        self._talking = Gauge("ivrd_queue_talking", "Calls talking", ["queue"], registry=registry)
        self._agents = Gauge(
            "ivrd_agents", "Agents, by presence; unavailable: ready, and offered nothing all the same", ["presence"], registry=registry
        )
        self._alerts = Gauge(
            "ivrd_agent_alerts",
            "Agents whom a team leader should see to: missed, pause_limit, unreachable, pin, outside",
            ["alert"],
            registry=registry,
        )
        for alert in ALERTS:
            self._alerts.labels(alert)
        of = "expected wait at joining against the real one, answered callers of today who had to wait"
        self._expected_measured = Gauge("ivrd_expected_wait_measured", f"Callers measured: {of}", ["queue"], registry=registry)
        self._expected_bias = Gauge(
            "ivrd_expected_wait_bias_seconds", f"Mean of expected minus real: {of}", ["queue"], registry=registry
        )
        self._expected_error = Gauge(
            "ivrd_expected_wait_error_seconds", f"Mean absolute error: {of}", ["queue"], registry=registry
        )
        self._trunk_channels = Gauge("ivrd_trunk_channels", "Channels of the carrier's trunk", registry=registry)
        self._trunk_reserve = Gauge("ivrd_trunk_reserve", "Of them, kept for calls that go out", registry=registry)
        self._trunk_in_use = Gauge("ivrd_trunk_in_use", "Of them, held by calls", registry=registry)
        self._recordings_failed = Counter(
            "ivrd_recordings_failed", "Talks without a whole recording", registry=registry
        )

    def _machine(self, registry: CollectorRegistry) -> None:
        self._handling = Histogram(
            "ivrd_event_handling_seconds",
            "Journaling and deciding, one event",
            buckets=_HANDLING_BUCKETS_S,
            registry=registry,
        )
        self._kinds: dict[str, Counter] = {}
        self._of_queue: dict[str, tuple[Gauge, ...]] = {}
        self._events = Counter("ivrd_events", "Events handled", ["event"], registry=registry)
        self._ignored = Gauge(
            "ivrd_events_ignored",
            "Events that the state they met does not list, since the start",
            ["stage", "event"],
            registry=registry,
        )
        self._orders_failed = Counter(
            "ivrd_orders_failed", "Orders that the outside refused", ["order"], registry=registry
        )
        self._dips = Counter(
            "ivrd_dips",
            "Requests of flows to services, by how they ended",
            ["service", "outcome"],
            registry=registry,
        )
        self._core_failed = Counter("ivrd_core_failures", "Defects of the core", registry=registry)
        self._journal_failed = Counter(
            "ivrd_journal_failures", "Events that could not be journaled", registry=registry
        )
        self._journal_bytes = Gauge(
            "ivrd_journal_bytes", "Length of the present journal", registry=registry
        )
        self._alarms = Gauge(
            "ivrd_alarm", f"1: this alert is raised ({', '.join(ALARMS)}; see docs/failure.md)", ["alarm"], registry=registry
        )
        for alarm in ALARMS:
            self._alarms.labels(alarm)
        self._mqtt_connected = Gauge("ivrd_mqtt_connected", "1: the broker hears us", registry=registry)
        self._tasks = Gauge("ivrd_tasks", "Tasks of the event loop", registry=registry)
        self._spooled = Gauge(
            "ivrd_spooled_rows", "Rows of calls that wait on disk until the store takes them", registry=registry
        )
        self._clock_steps = Counter(
            "ivrd_clock_steps", "How often the machine's clock was set while we ran", registry=registry
        )
        self._mqtt_dropped = Gauge(
            "ivrd_mqtt_events_dropped",
            "Events that no wall will see, since the start",
            registry=registry,
        )
        self._reloads = Counter(
            "ivrd_reloads", "Reloads, by outcome: applied, or faulty (nothing changed)", ["outcome"], registry=registry
        )
        for outcome in ("applied", "faulty"):
            self._reloads.labels(outcome)
        self._faulty = Gauge(
            "ivrd_config_faulty",
            "1: the saved configuration has a fault and is not in use",
            registry=registry,
        )
        self._lag = Gauge(
            "ivrd_loop_lag_seconds", "How late the event loop last woke up", registry=registry
        )
        self._lag_max = Gauge(
            "ivrd_loop_lag_max_seconds", "The worst since the start", registry=registry
        )

    # --- what the core publishes

    def queue(self, view: QueueView) -> None:
        """A queue's state."""
        gauges = self._of_queue.get(view.queue)
        if gauges is None:  # looking labels up costs more than setting them
            of = (self._waiting, self._talking, self._expected_measured, self._expected_bias, self._expected_error)
            gauges = self._of_queue[view.queue] = tuple(gauge.labels(view.queue) for gauge in of)
        waiting, talking, measured, bias, error = gauges
        waiting.set(view.waiting)
        talking.set(view.talking)
        measured.set(view.expected_wait_measured_today)
        bias.set(view.expected_wait_bias_s_today or 0.0)
        error.set(view.expected_wait_error_s_today or 0.0)

    def trunk(self, view: TrunkView) -> None:
        """The trunk's state."""
        self._trunk_channels.set(view.channels)
        self._trunk_reserve.set(view.reserve)
        self._trunk_in_use.set(view.in_use)

    def agent(self, view: AgentView) -> None:
        """An agent's state."""
        now = "unavailable" if view.presence == Presence.READY and not view.available else view.presence
        before, self._presences[view.agent] = self._presences.get(view.agent), now
        tally = Tally(self._presences.values())
        for presence in {now, before or now}:
            self._agents.labels(presence).set(tally[presence])

    def alerts(self, view: AlertView) -> None:
        """Agents whom a team leader should see to."""
        tally = Tally(alerted.alert for alerted in view.agents)
        for alert in ALERTS:
            self._alerts.labels(alert).set(tally[alert])
        self.alarm(view.alert, bool(view.agents))

    def event(self, happened: PublishEvent) -> None:
        """Something that happened."""
        facts = happened.facts
        match happened.kind:
            case "call_arrived":
                self._arrived.labels(str(facts.get("did", ""))).inc()
            case "call_ended":
                self._ended.labels(str(facts.get("disposition", ""))).inc()
                if guard := facts.get("guard"):
                    self._guarded.labels(str(guard)).inc()
            case "call_answered":
                self._offers.labels("answered").inc()
                wait_ms = facts.get("wait_ms")
                if isinstance(wait_ms, int | float):
                    self._wait.labels(str(facts.get("queue", ""))).observe(wait_ms / 1000)
            case "short_abandon":
                self._short_abandons.labels(str(facts.get("queue", ""))).inc()
            case "callback_requested" | "callback_attempted" | "callback_closed":
                self._callback(happened.kind.removeprefix("callback_"), facts)
            case "offer_ended":
                self._offers.labels(str(facts.get("outcome", ""))).inc()
            case "dial_limit_reached":
                self._dial_limit.inc()
            case "recording_failed":
                self._recordings_failed.inc()

    def _callback(self, what: str, facts: Mapping[str, object]) -> None:
        queue, outcome = str(facts.get("queue", "")), str(facts.get("outcome", what))
        self._callbacks.labels(queue, what, outcome).inc()
        wait_s = facts.get("wait_s")
        if outcome == "reached" and isinstance(wait_s, int | float):
            self._callback_wait.labels(queue).observe(wait_s)

    # --- what the runtime does

    def handled(self, event: str, seconds: float) -> None:
        """An event was handled."""
        kind = self._kinds.get(event)
        if kind is None:  # looking a label up costs more than counting
            kind = self._kinds[event] = self._events.labels(event)
        kind.inc()
        self._handling.observe(seconds)

    def core_failed(self) -> None:
        """The core raised: a defect."""
        self._core_failed.inc()

    def journal_failed(self) -> None:
        """An event could not be journaled."""
        self._journal_failed.inc()

    def order_failed(self, order: str) -> None:
        """The outside refused an order (a REST error, a store that is away, ...)."""
        self._orders_failed.labels(order).inc()

    def dip(self, service: str, outcome: str) -> None:
        """A flow asked a service."""
        self._dips.labels(service, outcome).inc()

    def reloaded(self, outcome: str) -> None:
        """The configuration was read again: applied or faulty."""
        self._reloads.labels(outcome).inc()

    def config_faulty(self, faulty: bool) -> None:
        """Whether the files as they are saved cannot be used."""
        self._faulty.set(faulty)

    def alarm(self, name: str, raised: bool) -> None:
        """Whether an alert stands."""
        self._alarms.labels(name).set(raised)

    def tasks(self, count: int) -> None:
        """Tasks of the event loop."""
        self._tasks.set(count)

    def spooled(self, rows: int) -> None:
        """Rows that wait for the store."""
        self._spooled.set(rows)

    def clock_stepped(self) -> None:
        """The machine's clock was set."""
        self._clock_steps.inc()

    def loop_lag(self, seconds: float) -> None:
        """How late the event loop woke up."""
        self._lag.set(seconds)
        self._worst_lag_s = max(self._worst_lag_s, seconds)
        self._lag_max.set(self._worst_lag_s)

    def broker(self, connected: bool) -> None:
        """Whether there is a connection to the broker: no alert says so, because it would go by that very broker."""
        self._mqtt_connected.set(connected)

    def runtime(self, exchange: Exchange, journal_bytes: int, mqtt_dropped: int) -> None:
        """What is not counted as it happens, but read now and then."""
        tally = Tally(call.stage.value for call in exchange.state.calls.values())
        for stage in self._stages | set(tally):
            self._by_stage.labels(stage).set(tally[stage])
        self._stages |= set(tally)
        for pair, count in exchange.ignored.items():
            if self._ignored_told.get(pair) != count:  # few change from look to look, and a label costs more than that
                self._ignored_told[pair] = count
                self._ignored.labels(*pair).set(count)
        self._journal_bytes.set(journal_bytes)
        self._mqtt_dropped.set(mqtt_dropped)
