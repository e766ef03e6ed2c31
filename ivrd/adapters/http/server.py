"""GET /health, /ready and /metrics; what is below /agents is in agents.py, below /calls in calls.py; door.py lets in."""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from ivrd import __version__
from ivrd.adapters.http.agents import BODY_MAX_BYTES, Agents
from ivrd.adapters.http.calls import Calls, Why
from ivrd.adapters.http.door import LINGER_S, Door
from ivrd.adapters.http.guard import Guard
from ivrd.adapters.http.tokens import Tokens
from ivrd.errors import StartError
from ivrd.ports import AgentDesk, Audit, Clock
from ivrd.settings.site import Http

HANDSHAKE_S = 5.0  #: of TLS, before the door is reached

Problems = Callable[[], dict[str, str | None]]
"""Each part that must be there: None when it is ready, else what is wrong."""


class HttpServer:
    """Answers whoever asks how we are; and for who has a token, asks for agents. No secrets, no caller's number."""

    def __init__(
        self,
        settings: Http,
        problems: Problems,
        registry: CollectorRegistry,
        tokens: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        audit: Audit | None = None,
    ) -> None:
        self._door = Door(settings.connections, registry)
        self._guard = Guard(settings.per_s, clock, audit) if clock else None
        self.desk: AgentDesk | None = None  #: given when there is one
        self.why: Why | None = None  #: given when there is one
        self._calls = Calls(Tokens(tokens or {}), lambda: self.why)
        self._agents = Agents(tokens or {}, clock, lambda: self.desk) if clock else None
        self._settings = settings
        self._problems = problems
        self._registry = registry
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens: the settings' port, or the one the system chose for 0."""
        if self._listener is None or not self._listener.sockets:
            return self._settings.port
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Listen. StartError says who may be in the way."""
        guards = [self._door.middleware, *([self._guard.middleware] if self._guard else [])]
        app = web.Application(client_max_size=BODY_MAX_BYTES, middlewares=guards)
        app.router.add_get("/health", self._health)
        app.router.add_get("/ready", self._ready)
        app.router.add_get("/metrics", self._metrics)
        self._calls.add_to(app)
        if self._agents is not None:
            self._agents.add_to(app)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=1.0,
            lingering_time=LINGER_S,
            logger=_library(),
            auto_decompress=False,  # nothing that is asked here needs it, and a bomb would
        )
        await self._runner.setup()
        try:
            assert self._runner.server is not None
            tls = _tls(self._settings)
            self._listener = await asyncio.get_running_loop().create_server(
                self._door.leads_to(self._runner.server),
                self._settings.host,
                self._settings.port,
                ssl=tls,
                ssl_handshake_timeout=HANDSHAKE_S if tls else None,
                backlog=128,
            )
        except StartError:
            await self.stop()
            raise
        except OSError as exc:
            await self.stop()
            raise StartError(_explain(exc, self._settings)) from exc

    async def stop(self) -> None:
        """Close; harmless when it never listened."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            listener.close()
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _health(self, _request: web.Request) -> web.Response:
        """Whoever answers, lives."""
        return web.json_response({"status": "ok", "version": __version__})

    async def _ready(self, _request: web.Request) -> web.Response:
        problems = self._problems()
        ready = not any(problems.values())
        parts = {
            name: {"ready": problem is None, **({"problem": problem} if problem else {})}
            for name, problem in problems.items()
        }
        return web.json_response({"ready": ready, "parts": parts}, status=200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _library() -> logging.Logger:
    """What aiohttp has to say: handlers that failed, but not each stranger who does not speak HTTP."""
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))


def _tls(settings: Http) -> ssl.SSLContext | None:
    """None: in clear, on the loopback."""
    if settings.cert_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    except OSError as exc:  # ssl.SSLError is one
        raise StartError(
            f"http.cert_file {settings.cert_file}, http.key_file {settings.key_file}: not a certificate and its key: {exc}"
        ) from exc
    return context


def _explain(error: OSError, settings: Http) -> str:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"http.port: {where} is taken. See who listens with `ss -ltnp 'sport = :{settings.port}'`"
            " (another ivrd?), stop it, or choose another http.port in config/ivrd.yaml"
        )
    if error.errno in (errno.EADDRNOTAVAIL, None):  # Python 3.13 says only that no address would do
        return f"http.host: this machine has no address {settings.host}: mend config/ivrd.yaml"
    return f"cannot listen on {where} for http: {error.strerror}"
