"""HttpDip: one request for one caller, bounded in time, size and number, to services the admin named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp
from structlog.typing import FilteringBoundLogger
from yarl import URL

from ivrd.adapters.dip.answer import Unusable, values
from ivrd.adapters.dip.breaker import Breaker
from ivrd.core.ivr.orders import FetchHttp
from ivrd.core.ivr.walk import Answer
from ivrd.settings.site import Service

#: outcomes that say that the service itself is in trouble: these open its breaker, and GET is tried again
_TROUBLE = frozenset({"unreachable", "slow", "broken"})


@dataclass
class _Line:
    """One service: where it is, and how it does."""

    service: Service
    headers: Mapping[str, str] = field(repr=False)
    breaker: Breaker
    free: asyncio.Semaphore


class HttpDip:
    """ports.DataDip. ``secrets``: service -> its secret; ``count``: told of (service, outcome)."""

    def __init__(
        self,
        services: Mapping[str, Service],
        secrets: Mapping[str, str],
        log: FilteringBoundLogger,
        count: Callable[[str, str], None],
    ) -> None:
        self._log, self._count = log, count
        self._lines = {
            name: _Line(
                service,
                {k: v.replace("{secret}", secrets.get(name, "")) for k, v in service.headers.items()},
                Breaker(service.breaker_failures, service.breaker_open_s),
                asyncio.Semaphore(service.at_once),
            )
            for name, service in services.items()
        }
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of all connections; harmless twice."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def fetch(self, call: str, order: FetchHttp) -> Answer:
        """Ask; never raises. Outcomes: see FetchHttp. ``call``: for the log, the service is not told."""
        line = self._lines.get(order.service)
        answer = Answer(outcome="unknown") if line is None else await self._tried(line, call, order)
        self._count(order.service, answer.outcome)
        return answer

    async def _tried(self, line: _Line, call: str, order: FetchHttp) -> Answer:
        loop = asyncio.get_running_loop()
        answer = Answer(outcome="held_back")
        for attempt in range(1, order.tries + 1):
            if attempt > 1:
                await asyncio.sleep(order.spacing_s)
            if not line.breaker.passes(loop.time()):
                break
            answer, why = await self._once(line, order)
            outcome = answer.outcome
            line.breaker.tell(outcome not in _TROUBLE, loop.time())
            if outcome != "ok":
                self._log.warning("data dip failed", call=call, service=order.service, outcome=outcome, why=why, attempt=attempt)
            if outcome not in _TROUBLE or (order.method != "GET" and outcome != "unreachable"):
                break  # a POST that may have arrived is not sent twice
        return answer

    async def _once(self, line: _Line, order: FetchHttp) -> tuple[Answer, str]:
        """One request: the answer, and for the log why it is not ok. No caller's data in it."""
        try:
            async with asyncio.timeout(order.timeout_s), line.free:
                status, body = await self._request(line, order)
        except TimeoutError:
            return Answer(outcome="slow"), f"no answer within {order.timeout_s:g} s"
        except aiohttp.ClientConnectorError as exc:
            return Answer(outcome="unreachable"), type(exc).__name__
        except (aiohttp.ClientError, OSError) as exc:
            return Answer(outcome="broken"), type(exc).__name__
        except Unusable as exc:
            return Answer(outcome="unusable"), str(exc)
        if status >= 500:
            return Answer(outcome="broken"), f"HTTP {status}"
        if status >= 300:  # a redirect would lead to a host that nobody allowed
            return Answer(outcome="refused"), f"HTTP {status}"
        if body is None:
            return Answer(outcome="unusable"), f"more than {line.service.max_bytes} bytes"
        try:
            return Answer(outcome="ok", values=values(body, order.save)), ""
        except Unusable as exc:
            return Answer(outcome="unusable"), str(exc)

    async def _request(self, line: _Line, order: FetchHttp) -> tuple[int, bytes | None]:
        """Status and body; None when the body is too long. Unusable when it is compressed: 64 kB may hold 64 MB."""
        url = URL(line.service.url.rstrip("/") + order.path)
        get = order.method == "GET"
        async with self._open().request(
            order.method,
            url,
            params={k: _text(v) for k, v in order.send.items()} if get else None,
            json=None if get else dict(order.send),
            headers={"Accept-Encoding": "identity", **line.headers},
            allow_redirects=False,
        ) as response:
            if response.ok and response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise Unusable("compressed, though the request says that it must not be")
            body = await response.content.read(line.service.max_bytes + 1)
            while not response.content.at_eof() and len(body) <= line.service.max_bytes:
                body += await response.content.read(line.service.max_bytes + 1 - len(body))
            return response.status, body if len(body) <= line.service.max_bytes else None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)
        return self._session


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
