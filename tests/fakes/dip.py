"""FakeDip: services in memory. What they say, a test says."""

from __future__ import annotations

from collections.abc import Mapping

from ivrd.core.ivr.orders import FetchHttp
from ivrd.core.ivr.walk import Answer


class FakeDip:
    """ports.DataDip. ``answers``: (service, path) -> Answer; a service without any is unknown."""

    def __init__(self, answers: Mapping[tuple[str, str], Answer]) -> None:
        self.answers = dict(answers)
        self.orders: list[FetchHttp] = []
        self.calls: list[str] = []  #: for whom

    async def fetch(self, call: str, order: FetchHttp) -> Answer:
        self.calls.append(call)
        self.orders.append(order)
        if not any(service == order.service for service, _ in self.answers):
            return Answer(outcome="unknown")
        return self.answers.get((order.service, order.path), Answer(outcome="refused"))
