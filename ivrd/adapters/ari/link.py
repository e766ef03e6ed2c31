"""The event websocket: connects, filters, surveys, reads; comes back by itself when it is lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp
from structlog.typing import FilteringBoundLogger
from yarl import URL

from ivrd.adapters.ari import wire
from ivrd.adapters.ari.rest import Rest, wrong_password
from ivrd.errors import StartError, SwitchError, TrustError
from ivrd.jsons import loads
from ivrd.settings.site import Ari
from ivrd.settings.trust import NO_TLS

FIRST_RETRY_S = 0.1
LAST_RETRY_S = 2.0
_FRAME_LIMIT = 4 * 2**20  #: bytes; the largest seen is 2 kB


class Link:
    """One websocket at a time. ``connected`` is set while events flow and the survey is told."""

    def __init__(self, settings: Ari, rest: Rest, log: FilteringBoundLogger) -> None:
        self._settings, self._rest, self._log = settings, rest, log
        self.connected = asyncio.Event()
        self.last_error = "not tried yet"  #: "" while connected
        self._was_connected = False
        self._seen = _Seen()

    async def run(
        self,
        on_connect: Callable[[], Awaitable[None]],
        on_frame: Callable[[dict[str, Any]], None],
        on_loss: Callable[[], None],
    ) -> None:
        """Hold the connection until cancelled. StartError when going on makes no sense.

        ``on_connect`` runs before the first frame is read: frames of that time wait in the socket.
        """
        session = self._rest.open()
        retry_s = FIRST_RETRY_S
        try:
            while True:
                try:
                    await self._serve(session, on_connect, on_frame)
                except SwitchError as exc:
                    self._note(str(exc))
                finally:
                    lost = self.connected.is_set()
                    self.connected.clear()
                    if lost:
                        self._rest.hang_up()  # the other connections are as dead, or will be: nobody waits for that
                        on_loss()
                        retry_s = FIRST_RETRY_S
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, LAST_RETRY_S)
        finally:
            await self._rest.close()

    async def _serve(
        self,
        session: aiohttp.ClientSession,
        on_connect: Callable[[], Awaitable[None]],
        on_frame: Callable[[dict[str, Any]], None],
    ) -> None:
        async with await self._open(session) as socket:
            await self._rest.put_json(
                f"applications/{self._settings.app}/eventFilter",
                {"allowed": [{"type": kind} for kind in wire.WANTED]},
            )
            await on_connect()
            self.last_error, self._was_connected = "", True
            self.connected.set()
            self._log.info("connected to asterisk", interface="ari")
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._read(message.data, on_frame)
        raise SwitchError("event websocket", 0, f"(closed, code {socket.close_code})")

    def _read(self, text: str, on_frame: Callable[[dict[str, Any]], None]) -> None:
        try:
            frame = loads(text)
            if "timestamp" in frame and self._seen.again(text):
                return
            if frame.get("type") != "ApplicationReplaced":
                on_frame(frame)
                return
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            # One strange frame must not cost the connection, and with it all calls' events.
            self._log.warning("frame not understood", error=repr(exc), frame=text[:500])
            return
        raise StartError(
            f"another controller has taken over the application {self._settings.app!r}: run one "
            f"ivrd per application, or give this one its own name (asterisk.ari.app)"
        )

    async def _open(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        query = urlencode({"app": self._settings.app})
        url = URL(f"{self._rest.base.replace('http', 'ws', 1)}events?{query}", encoded=True)
        trust = self._rest.trust
        try:
            tls = trust.renewed() if trust else True  # True says nothing of a URL in clear
            async with asyncio.timeout(self._settings.request_timeout_s):
                return await session.ws_connect(
                    url, heartbeat=self._settings.heartbeat_s, max_msg_size=_FRAME_LIMIT, ssl=tls
                )
        except aiohttp.WSServerHandshakeError as exc:
            raise self._refused(exc.status) from exc
        except TrustError as exc:
            raise self._final(exc) from exc
        except TimeoutError as exc:
            raise SwitchError("event websocket", 0, "in time") from exc
        except aiohttp.ClientConnectorCertificateError as exc:
            assert trust is not None
            raise self._final(trust.doubts(exc.certificate_error)) from exc
        except aiohttp.ClientConnectorSSLError as exc:
            raise SwitchError("event websocket", 0, f"({exc}): {NO_TLS}") from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise SwitchError("event websocket", 0, f"({exc})") from exc

    def _refused(self, status: int) -> SwitchError | StartError:
        if status == 401:
            return self._final(SwitchError("event websocket", 401, wrong_password(self._settings)))
        hint = "is ARI enabled in ari.conf and http.conf?" if status == 404 else ""
        return SwitchError("event websocket", status, hint)

    def _final(self, error: SwitchError) -> SwitchError | StartError:
        """Once we were in, somebody is changing passwords or certificates: calls go on while we keep trying."""
        return error if self._was_connected else StartError(error.reason)

    def _note(self, error: str) -> None:
        if error != self.last_error:  # once for each kind of trouble, not once for each retry
            self._log.warning("no connection to asterisk", interface="ari", error=error)
        self.last_error = error


class _Seen:
    """The last events, to the letter: Asterisk's have a time in milliseconds, so the same again is one told twice.

    A key that is told twice would be pressed twice.
    """

    KEPT = 1000

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._known: set[int] = set()

    def again(self, text: str) -> bool:
        """Whether it came before; from now on it did."""
        mark = hash(text)
        if mark in self._known:
            return True
        self._known.add(mark)
        self._order.append(mark)
        if len(self._order) > self.KEPT:
            self._known.discard(self._order.popleft())
        return False
