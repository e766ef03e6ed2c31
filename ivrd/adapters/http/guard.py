"""Before every answer: how often an address may ask, and afterwards who did what, for the audit log."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from ivrd.adapters.http.door import place
from ivrd.adapters.http.tokens import BY
from ivrd.errors import OutsideError
from ivrd.ports import Audit, Clock

_log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BURST_S = 5.0  #: an address that was quiet may ask for so many seconds' worth at once
ADDRESSES_MAX = 1000  #: remembered; the one heard of longest ago goes first
WRONG_TOKENS, WRONG_TOKENS_S = 10, 60.0  #: so many within so long, and no token of that address is looked at
PATH_MAX = 200
#: always answered: they look at no token and cost what a refusal costs, and who asks may take 429 for our end
UNGUARDED = frozenset({"/health", "/ready"})


@dataclass
class _Address:
    left: float  #: requests that it may still make
    at: float
    wrong: float = 0.0  #: wrong tokens, fading


class Guard:
    """An aiohttp middleware, ``guard.middleware``."""

    def __init__(self, per_s: float, clock: Clock, audit: Audit | None) -> None:
        """``per_s``: requests of one address, lasting; 0 = any."""
        self._per_s, self._clock, self._audit = per_s, clock, audit
        self._seen: OrderedDict[str, _Address] = OrderedDict()

    @property
    def middleware(self) -> Middleware:
        """For ``web.Application``: a function, because aiohttp marks it."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guard(request, handler)

        return guard

    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in UNGUARDED:
            return await handler(request)
        address = request.remote or ""
        seen = self._look(address)
        if self._per_s and seen.left < 1:
            return _too_many("this address asks too often", 1 / self._per_s)
        seen.left -= 1
        if seen.wrong >= WRONG_TOKENS:
            return _too_many("too many wrong tokens from this address", WRONG_TOKENS_S)
        try:
            answer = await handler(request)
        except web.HTTPException as exc:
            if exc.status == web.HTTPUnauthorized.status_code:
                seen.wrong += 1
            await self._note(request, address, exc.status)
            raise
        await self._note(request, address, answer.status)
        return answer

    def _look(self, address: str) -> _Address:
        address = place((address,)) or address
        now = self._clock.now()
        most = self._per_s * BURST_S
        seen = self._seen.pop(address, None) or _Address(left=most, at=now)
        gone_s = max(0.0, now - seen.at)
        seen.left = min(most, seen.left + gone_s * self._per_s)
        seen.wrong = max(0.0, seen.wrong - gone_s * WRONG_TOKENS / WRONG_TOKENS_S)
        seen.at = now
        self._seen[address] = seen
        if len(self._seen) > ADDRESSES_MAX:
            self._seen.popitem(last=False)
        return seen

    async def _note(self, request: web.Request, address: str, status: int) -> None:
        """What somebody with a token did or looked at; and who tried without."""
        by = request.get(BY, "")
        if not by and status != web.HTTPUnauthorized.status_code:
            return
        path = request.path[:PATH_MAX].encode(errors="backslashreplace").decode()  # any bytes may stand in a path
        _log.info("asked over http", by=by or "nobody", method=request.method, path=path, status=status, address=address)
        if self._audit is None:
            return
        try:
            what = f"http {request.method}"
            await asyncio.to_thread(self._audit.write, by or "nobody", what, path=path, status=status, address=address)
        except OutsideError as exc:
            _log.error("audit log not written", error=str(exc))


def _too_many(error: str, retry_s: float) -> web.Response:
    text = json.dumps({"error": error, "hint": "ask again later"})
    headers = {"Retry-After": str(max(1, round(retry_s)))}
    return web.Response(status=429, text=text, content_type="application/json", headers=headers)
