"""Where programs ask for agents: a wish becomes an event, is handled at once, and is answered."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from ivrd.core.board import agent_view
from ivrd.core.events import AgentAsked
from ivrd.core.exchange import Exchange
from ivrd.ports import Inbox, Reply

_log = structlog.get_logger(__name__)


class FloorDesk:
    """ports.AgentDesk on the runtime's inbox; who asked for what is in the log."""

    def __init__(self, exchange: Exchange, post: Inbox) -> None:
        self._exchange = exchange
        self._post = post

    def ask(self, asked: AgentAsked) -> Reply:
        """Ask; it is handled when this returns."""
        if asked.agent not in self._exchange.plan.floor.agents:
            return Reply(refused="unknown_agent")
        self._exchange.reply = "not_possible"  # stays when the daemon stops and takes nothing more
        self._post(asked)
        refused = self._exchange.reply
        _log.info(
            "agent asked for", agent=asked.agent, wish=asked.wish, by=asked.by, reason=asked.reason, refused=refused
        )
        return Reply(refused=refused, view=agent_view(self._exchange.desk, asked.agent))

    def look(self, agent: str) -> Reply:
        """How the agent is."""
        if agent not in self._exchange.plan.floor.agents:
            return Reply(refused="unknown_agent")
        return Reply(view=agent_view(self._exchange.desk, agent))

    def agents(self) -> Iterable[str]:
        """Ids of all agents."""
        return list(self._exchange.plan.floor.agents)
