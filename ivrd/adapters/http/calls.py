"""GET /calls/{call}/why: what was decided about a call, under way or over. No caller's number is in it.

Nothing of this is there unless http.tokens names somebody; `ivrd why` does not ask here (adapters/bell/inquiries.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from ivrd.adapters.http.agents import is_short_text
from ivrd.adapters.http.tokens import Tokens
from ivrd.core.acd.decision import Decision
from ivrd.errors import StoreError

Why = Callable[[str], Awaitable[Sequence[Decision]]]
"""A call's decisions, oldest first; none when nothing is known of it. StoreError."""


class Calls:
    """The routes below /calls."""

    def __init__(self, tokens: Tokens, why: Callable[[], Why | None]) -> None:
        self._tokens, self._why = tokens, why

    def add_to(self, app: web.Application) -> None:
        """Nothing, when nobody has a token."""
        if not self._tokens:
            return
        app.router.add_get("/calls/{call}/why", self._look)

    async def _look(self, request: web.Request) -> web.Response:
        self._tokens.who(request)
        why, call = self._why(), request.match_info["call"]
        if why is None:
            return web.json_response({"error": "ivrd is starting", "hint": "ask again"}, status=503)
        try:
            decisions = await why(call) if is_short_text(call) else ()
        except StoreError as exc:
            return web.json_response({"error": str(exc), "hint": "ask again when the store is back"}, status=503)
        if not decisions:
            hint = "calls that came to no queue have no decisions; `ivrd cdr` lists calls"
            return web.json_response({"error": f"nothing is known of a call {call!r}", "hint": hint}, status=404)
        return web.json_response({"call": call, "decisions": [vars(decision) for decision in decisions]})
