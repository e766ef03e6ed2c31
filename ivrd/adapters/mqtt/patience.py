"""How long the broker is waited for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from ivrd.adapters.mqtt.packets import MqttError, Publication
from ivrd.adapters.mqtt.session import Session

REQUEST_TIMEOUT_S = 5.0  #: for an answer, and from one confirmation to the next; a local broker answers in a millisecond


@contextlib.asynccontextmanager
async def answered() -> AsyncIterator[None]:
    """MqttError when it takes too long."""
    try:
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            yield
    except TimeoutError as exc:
        raise _silent() from exc


async def publish(session: Session, publications: Sequence[Publication], stopping: asyncio.Event) -> None:
    """In one write, until each is confirmed. On a slow link that may take long: MqttError when none is for too long, or when
    ``stopping`` is set and it takes too long for all."""
    sent = session.publish(publications)
    left = len(session.unconfirmed)
    while True:
        await asyncio.wait((sent,), timeout=REQUEST_TIMEOUT_S)
        if sent.done():
            sent.result()
            return
        if stopping.is_set() or len(session.unconfirmed) == left:
            raise _silent()
        left = len(session.unconfirmed)


def _silent() -> MqttError:
    return MqttError(f"no answer within {REQUEST_TIMEOUT_S:g} s")
