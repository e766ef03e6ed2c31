"""Orders to Asterisk over HTTP: a keep-alive pool, a time-out each, and what a refusal means."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import aiohttp
from structlog.typing import FilteringBoundLogger

from ivrd.adapters.ari.http import HttpPool
from ivrd.errors import SwitchError
from ivrd.settings.site import Ari
from ivrd.settings.trust import Trust

#: Asterisk closes an idle connection after 15 s: ours go before, or a POST meets a closed one.
KEEPALIVE_S = 10.0
#: Asterisk serves 100 at once (http.conf: sessionlimit); the websocket, and whoever looks in, need some.
CONNECTIONS = 90

T = TypeVar("T")

#: "it is gone" and "it is there already": what every order must expect of a dying call.
HARMLESS = frozenset({404, 409, 412, 422})


Order = tuple[str, str]
"""Method, and path with its query, encoded."""


def wrong_password(settings: Ari) -> str:
    """What to tell the person who has to mend it."""
    return (
        f"Asterisk's REST interface at {settings.host}:{settings.port} refuses the user "
        f"{settings.user!r} (401): asterisk.ari.user or its password (the secret `ari`) is not "
        f"what ari.conf says. Run `ivrd asterisk-config`, install its files, reload Asterisk."
    )


class Rest:
    """The HTTP side of ARI. ``open`` needs a running loop; orders before it or after ``close`` fail."""

    def __init__(self, settings: Ari, password: str, log: FilteringBoundLogger) -> None:
        self._settings = settings
        self.trust = Trust("ari", settings) if settings.tls else None
        self.base = f"{'https' if self.trust else 'http'}://{settings.host}:{settings.port}/ari/"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(settings.user, password)}
        self._pool = HttpPool(
            settings.host,
            settings.port,
            self._headers["Authorization"],
            limit=CONNECTIONS,
            keep_s=KEEPALIVE_S,
            trust=self.trust,
        )
        self._timeout = aiohttp.ClientTimeout(total=settings.request_timeout_s)
        self._log = log
        self._session: aiohttp.ClientSession | None = None
        self.harmless: Counter[int] = Counter()  #: refusals that were normal life, by status

    def open(self) -> aiohttp.ClientSession:
        """Open the pool."""
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self._session

    async def close(self) -> None:
        """Close the pool; orders under way fail with SwitchError."""
        if self._session is not None:
            self._pool.close()
            await self._session.close()
            self._session = None

    def hang_up(self) -> None:
        """Close all connections; orders under way fail with SwitchError at once, later ones connect anew."""
        self._pool.close()

    async def order(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        harmless: frozenset[int] = HARMLESS,
        together: bool = False,
    ) -> int:
        """Give one order; its status when it was obeyed or the refusal is in ``harmless``. ``together``: in one write with those of this
        turn of the loop for which that is said, too.

        SwitchError otherwise, and when Asterisk does not answer in time.
        """
        status, body = await self._request(method, path, query, together=together)
        if status < 300:
            return status
        if status in harmless or (status == 400 and b"not found" in body):
            self.harmless[status] += 1
            self._log.debug("order was late", order=f"{method} {path}", status=status)
            return status
        raise self._refused(method, path, status, body)

    async def orders(self, orders: Sequence[Order]) -> list[int]:
        """Give orders in one write, to be obeyed one after the other; the status of each, whatever it is.

        SwitchError when Asterisk does not answer them all in time.
        """
        if self._session is None:
            raise SwitchError("orders", 0, "not connected to Asterisk")
        targets = [(method, f"/ari/{path}") for method, path in orders]
        first = f"{orders[0][0]} {orders[0][1].partition('?')[0]} and what follows"
        answers = await self._answered(
            first, self._pool.request_all(targets, self._settings.request_timeout_s)
        )
        return [status for status, _ in answers]

    async def get(self, path: str) -> Any:
        """Read a resource. SwitchError when that fails in any way."""
        status, body = await self._request("GET", path, None)
        if status != 200:
            raise self._refused("GET", path, status, body)
        return json.loads(body)

    async def get_bytes(self, path: str) -> bytes:
        """Read a file. SwitchError when that fails in any way."""
        status, body = await self._request("GET", path, None)
        if status != 200:
            raise self._refused("GET", path, status, body)
        return body

    async def put_json(self, path: str, document: object) -> None:
        """Send a document. SwitchError when it is refused."""
        status, body = await self._request("PUT", path, None, document)
        if status >= 300:
            raise self._refused("PUT", path, status, body)

    async def _request(
        self, method: str, path: str, query: Mapping[str, str] | None, document: object = None, *, together: bool = False
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise SwitchError(f"{method} {path}", 0, "not connected to Asterisk")
        what, target, timeout_s = f"{method} {path}", _target(path, query), self._settings.request_timeout_s
        if together:
            return await self._answered(what, self._pool.request_together(method, target, timeout_s))
        body = b"" if document is None else json.dumps(document).encode()
        return await self._answered(what, self._pool.request(method, target, body, timeout_s))

    async def _answered(self, what: str, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except TimeoutError as exc:
            waited_s = self._settings.request_timeout_s
            raise SwitchError(what, 0, f"within {waited_s:g} s") from exc
        except OSError as exc:
            raise SwitchError(what, 0, f"({exc})") from exc

    def _refused(self, method: str, path: str, status: int, body: bytes) -> SwitchError:
        if status == 401:
            return SwitchError(f"{method} {path}", status, wrong_password(self._settings))
        return SwitchError(f"{method} {path}", status, _reason(body))


#: a channel's or a bridge's id for a path: asked for again and again while the call lasts
quoted = lru_cache(maxsize=2000)(quote)


def _target(path: str, query: Mapping[str, str] | None) -> str:
    return f"/ari/{path}?{'&'.join(f'{key}={quote_plus(value)}' for key, value in query.items())}" if query else f"/ari/{path}"


def _reason(body: bytes) -> str:
    """Asterisk's own words: ``message``, or ``error`` when it could not allocate."""
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    return str(said.get("message") or said.get("error") or "") if isinstance(said, dict) else ""
