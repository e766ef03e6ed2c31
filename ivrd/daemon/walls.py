"""Publications on their way out: to the broker for walls, to the metrics for operators, to keys of desk phones."""

from __future__ import annotations

from ivrd.adapters.http.metrics import Metrics
from ivrd.adapters.mqtt import payloads, topics
from ivrd.core.commands import (
    Publish,
    PublishAgent,
    PublishAlert,
    PublishEvent,
    PublishQueue,
    PublishTrunk,
)
from ivrd.daemon.alarms import tell
from ivrd.daemon.runtime import Walls
from ivrd.errors import Fault
from ivrd.ports import Publisher


class Everywhere:
    """runtime.Walls: each publication to all of them."""

    def __init__(self, *walls: Walls) -> None:
        self._walls = walls

    def publish(self, publication: Publish, at: float) -> None:
        """Pass one publication on; never waits."""
        for walls in self._walls:
            walls.publish(publication, at)


DIAL_HINT = "look at `ivrd cdr` for who dials so much; asterisk.trunk.outbound.per_day is the limit"


class BrokerWalls:
    """runtime.Walls: each publication to its topic, and counted."""

    def __init__(self, publisher: Publisher, metrics: Metrics) -> None:
        self._limit_since: float | None = None
        self._may_stand = True  #: the alert does, or one that an earlier process has left at the broker
        self._publisher = publisher
        self._metrics = metrics

    def publish(self, publication: Publish, at: float) -> None:
        """Pass one publication on; never waits."""
        match publication:
            case PublishQueue(view=view):
                self._publisher.state(topics.queue_state(view.queue), payloads.queue(view, at))
                self._metrics.queue(view)
            case PublishAgent(view=view):
                self._publisher.state(topics.agent_state(view.agent), payloads.agent(view, at))
                self._metrics.agent(view)
            case PublishTrunk(view=view):
                self._publisher.state(topics.trunk_state(), payloads.trunk(view, at))
                self._metrics.trunk(view)
            case PublishAlert(view=view):
                self._publisher.state(topics.alert(view.alert), payloads.agents_alert(view, at))
                self._metrics.alerts(view)
            case PublishEvent():
                self._publisher.event(topics.event(publication.kind), payloads.event(publication))
                self._metrics.event(publication)
                self._dialling(publication, at)

    def _dialling(self, happened: PublishEvent, at: float) -> None:
        """A day's limit of calls outside was reached: an alert, until one goes out again."""
        faults: tuple[Fault, ...] = ()
        if happened.kind == "dial_limit_reached":
            message = f"{happened.facts.get('per_day')} calls were dialled outside today: no more are"
            faults = (Fault(file="", line=0, column=0, message=message, hint=DIAL_HINT),)
            self._limit_since, self._may_stand = self._limit_since or at, True
        elif self._may_stand and _goes_out(happened):
            self._limit_since, self._may_stand = None, False
        else:
            return
        tell(self._publisher, self._metrics, "dialling", at, self._limit_since, faults)


def _goes_out(happened: PublishEvent) -> bool:
    """A number outside is dialled: its owner is called back, or a flow or an agent wants it for a caller."""
    if happened.kind in ("dial_started", "call_transferred"):
        return bool(happened.facts.get("external"))
    return happened.kind == "callback_dialled"
