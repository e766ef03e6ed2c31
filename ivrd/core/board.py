"""What a wall shows of the state: see views.py for the meaning of each field."""

from __future__ import annotations

from collections.abc import Mapping

from ivrd.core import callbacks, outlook
from ivrd.core.acd import level
from ivrd.core.acd.lines import Line
from ivrd.core.acd.presence import Presence
from ivrd.core.desk import Desk
from ivrd.core.state import Stage
from ivrd.core.views import AgentView, Alerted, AlertView, QueueView

#: among a queue's agents: ready, and offered nothing all the same (``AgentState.available``, or Asterisk is away)
UNAVAILABLE = "unavailable"
_SHOWN = (*(p.value for p in Presence), UNAVAILABLE)


def shown_as(desk: Desk) -> dict[str, str]:
    """As what each agent counts among a queue's agents."""
    found = {}
    for agent in desk.plan.floor.agents:
        state = desk.agent(agent)
        idle_in_vain = state.presence == Presence.READY and not (state.available and desk.state.connected)
        found[agent] = UNAVAILABLE if idle_in_vain else state.presence
    return found


def queue_view(desk: Desk, queue: str, shown: Mapping[str, str]) -> QueueView:
    """The queue now; ``shown``: of ``shown_as``, now (an agent serves several queues)."""
    definition = desk.plan.floor.queues[queue]
    line = desk.lines.queues.get(queue, Line())
    agents = dict.fromkeys(_SHOWN, 0)
    for agent in desk.plan.floor.serving(queue):
        agents[shown[agent.id]] += 1
    today = desk.counters(queue)
    return QueueView(
        queue=queue,
        title=definition.title,
        waiting=desk.callers(queue),
        longest_wait_since=next((since for since, c in line.by_since if desk.state.calls[c].caller_here), None),
        talking=sum(
            c.stage == Stage.TALKING and c.queue == queue for c in desk.state.calls.values()
        ),
        agents=agents,
        expected_wait_s=outlook.newcomer_wait_s(desk, definition),
        expected_wait_measured_today=today.measured,
        expected_wait_bias_s_today=round(today.bias_s / today.measured, 1) if today.measured else None,
        expected_wait_error_s_today=round(today.error_s / today.measured, 1) if today.measured else None,
        service_level_s=definition.service_level_s,
        offered_today=today.offered,
        answered_today=today.answered,
        answered_in_level_today=today.answered_in_level,
        abandoned_today=today.abandoned,
        short_abandoned_today=today.short_abandoned,
        service_level_today=level.service_level(
            answered_in_level=today.answered_in_level,
            answered=today.answered,
            abandoned=today.abandoned,
            short_abandoned=today.short_abandoned,
            diverted=today.diverted,
        ),
        callbacks=callbacks.waiting(desk, queue),
        callbacks_in_line=sum(p.queue == queue and not p.closed for p in desk.state.promises.values()),
        callbacks_dialled=sum(c.queue == queue and c.stage == Stage.CALLING for c in desk.state.calls.values()),
        callbacks_asked_today=today.callbacks_asked,
        callbacks_reached_today=today.callbacks_reached,
        callbacks_failed_today=today.callbacks_failed,
        callbacks_wait_s_today=round(today.callbacks_wait_s / today.callbacks_reached) if today.callbacks_reached else None,
        diverted_today=today.diverted,
    )


def agent_view(desk: Desk, agent: str) -> AgentView:
    """The agent now."""
    definition, state = desk.plan.floor.agents[agent], desk.agent(agent)
    call = desk.state.calls.get(state.call)
    return AgentView(
        agent=agent,
        name=definition.name,
        extension=definition.extension,
        presence=state.presence.value,
        since=state.since,
        reason=state.reason,
        reachable=state.reachable and desk.state.connected,
        private_call=state.private,
        resting_until=state.rest_until,
        available=state.available and desk.state.connected,
        queue=call.queue if call else "",
        call=call.id if call else "",
        on_hold_since=call.talk.hold_since if call and call.talk else None,
        wrap_up_until=state.wrap_up_until,
    )


def agents_alert(desk: Desk) -> AlertView:
    """Every agent that a team leader should see to."""
    raised = [
        Alerted(agent=agent, alert=alert, since=since, reason=state.reason)
        for agent, state in sorted(desk.state.agents.items())
        if agent in desk.plan.floor.agents
        for alert, since in sorted(state.alerts.items())
    ]
    return AlertView(alert="agents", agents=tuple(raised))
