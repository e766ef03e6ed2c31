"""What a team leader should see to, kept with the agent it is about: raised and cleared, told once each.

    missed        paused because calls were not taken
    pause_limit   a pause is longer than its reason allows
    unreachable   logged in, but the phone is not there
    pin           a wrong PIN was dialled too often
    outside       has given as many callers to numbers outside as one may in a day, and wanted to give another
"""

from __future__ import annotations

from ivrd.core.desk import Desk


def raise_(desk: Desk, agent: str, alert: str) -> None:
    """Raise it; one that is raised already stays as old as it is."""
    state = desk.agent(agent)
    if alert not in state.alerts:
        state.alerts[alert] = desk.at
        desk.touch_agent(agent)
        desk.tell("agent_alert", agent=agent, alert=alert, raised=1, reason=state.reason)


def clear(desk: Desk, agent: str, alert: str) -> None:
    """It is seen to; harmless when it was not raised."""
    state = desk.agent(agent)
    if state.alerts.pop(alert, None) is not None:
        desk.touch_agent(agent)
        desk.tell("agent_alert", agent=agent, alert=alert, raised=0, reason="")
