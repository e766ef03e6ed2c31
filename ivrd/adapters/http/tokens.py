"""Who asks: bearer tokens by name (http.tokens; the tokens themselves are secrets)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping

import structlog
from aiohttp import web

_log = structlog.get_logger(__name__)

#: where a request keeps the name of its token
BY = web.RequestKey("by", str)


class Tokens:
    """True when somebody has one."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = tokens

    def __bool__(self) -> bool:
        return bool(self._tokens)

    def who(self, request: web.Request) -> str:
        """The name of the token. 401 otherwise, and a line in the log."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        sent = given.encode(errors="surrogateescape")  # any bytes may stand in a header
        found = [n for n, token in self._tokens.items() if hmac.compare_digest(sent, token.encode())]
        if scheme.lower() != "bearer" or not found:
            _log.warning("wrong token", address=request.remote, path=request.path[:200])
            raise web.HTTPUnauthorized(
                text=json.dumps({"error": "a bearer token is needed", "hint": "Authorization: Bearer <token>"}),
                content_type="application/json",
                headers={"WWW-Authenticate": "Bearer"},
            )
        request[BY] = found[0]
        return found[0]
