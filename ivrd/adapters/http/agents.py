"""Agents, for programs that have a token: look at them, log them in and out, pause, resume, wrap up.

Nothing of this is there unless http.tokens names somebody. A token is told apart by its name, which is in the log.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from ivrd.adapters.http.tokens import Tokens
from ivrd.core.events import AgentAsked
from ivrd.core.views import AgentView
from ivrd.ports import AgentDesk, Clock, Reply

#: more than any request here needs
BODY_MAX_BYTES = 4096
TEXT_MAX = 100
_WISHES = {"login": "log_in", "logout": "log_out", "pause": "pause", "resume": "resume"}
#: what may stand in a body, and of which type
_FIELDS: Mapping[str, Mapping[str, type]] = {
    "login": {}, "logout": {}, "resume": {}, "pause": {"reason": str}, "contacts": {"kind": str},
    "wrap-up": {"extend_s": int},
}  # fmt: skip
_WHY = {
    "not_possible": "the agent's presence does not allow it",
    "unknown_reason": "acd.pause_reasons does not list this reason",
    "too_many_paused": "as many agents of a queue are paused as may be (max_paused)",
    "at_most": "wrap-up is as long as it may be (wrap_up_max_s)",
    "unknown_kind": "acd.weights does not list this kind of contact",
    "no_capacity": "the agent's capacity is taken",
}


class Agents:
    """The routes below /agents."""

    def __init__(self, tokens: Mapping[str, str], clock: Clock, desk: Callable[[], AgentDesk | None]) -> None:
        self._who, self._has_tokens = Tokens(tokens).who, bool(tokens)
        self._clock, self._desk = clock, desk

    def add_to(self, app: web.Application) -> None:
        """Nothing, when nobody has a token."""
        if not self._has_tokens:
            return
        app.router.add_get("/agents/{agent}", self._look)
        app.router.add_post("/agents/{agent}/{wish:login|logout|pause|resume|wrap-up}", self._ask)
        app.router.add_put("/agents/{agent}/contacts/{contact}", self._contact)
        app.router.add_delete("/agents/{agent}/contacts/{contact}", self._contact)

    async def _look(self, request: web.Request) -> web.Response:
        self._who(request)
        return self._answer(request, self._floor().look(request.match_info["agent"]))

    async def _ask(self, request: web.Request) -> web.Response:
        by, name = self._who(request), request.match_info["wish"]
        body = await _body(request, _FIELDS[name])
        if name == "wrap-up":
            extend_s = body.get("extend_s")
            if extend_s is not None and not 0 < extend_s <= 3600:
                raise _wrong("extend_s must be between 1 and 3600")
            wish, seconds = ("end_wrap_up", 0) if extend_s is None else ("extend_wrap_up", extend_s)
        else:
            wish, seconds = _WISHES[name], 0
        asked = AgentAsked(
            at=self._clock.now(),
            agent=request.match_info["agent"],
            wish=wish,
            by=by,
            reason=body.get("reason", ""),
            seconds=seconds,
        )
        return self._answer(request, self._floor().ask(asked))

    async def _contact(self, request: web.Request) -> web.Response:
        by, begins = self._who(request), request.method == "PUT"
        body = await _body(request, _FIELDS["contacts"] if begins else {})
        contact = request.match_info["contact"]
        if not is_short_text(contact):
            raise _wrong(f"a contact's id is at most {TEXT_MAX} printable characters")
        asked = AgentAsked(
            at=self._clock.now(),
            agent=request.match_info["agent"],
            wish="begin_contact" if begins else "end_contact",
            by=by,
            reason=body.get("kind", ""),
            contact=contact,
        )
        return self._answer(request, self._floor().ask(asked))

    def _floor(self) -> AgentDesk:
        desk = self._desk()
        if desk is None:
            raise web.HTTPServiceUnavailable(
                text=json.dumps({"error": "ivrd is starting", "hint": "ask again"}), content_type="application/json"
            )
        return desk

    def _answer(self, request: web.Request, reply: Reply) -> web.Response:
        if reply.view is None:
            agent = request.match_info["agent"]
            near = difflib.get_close_matches(agent, list(self._floor().agents()), n=1, cutoff=0.6)
            hint = f"did you mean {near[0]!r}?" if near else "see config/agents.yaml"
            return web.json_response({"error": f"there is no agent {agent!r}", "hint": hint}, status=404)
        if reply.refused:
            why = _WHY.get(reply.refused, reply.refused)
            body = {"error": reply.refused, "hint": why, "agent": agent_json(reply.view)}
            return web.json_response(body, status=409)
        return web.json_response(agent_json(reply.view))


async def _body(request: web.Request, fields: Mapping[str, type]) -> dict[str, Any]:
    """The JSON object that was sent; {} for none. 400 with what is wrong with it."""
    try:
        sent = await request.read()  # as bytes: JSON is UTF-8, whatever charset a stranger names
    except web.RequestPayloadError:
        raise _wrong("the body does not end as its headers say") from None
    try:
        body = json.loads(sent) if sent.strip() else {}
    except (ValueError, RecursionError):
        raise _wrong("the body is not JSON") from None
    if not isinstance(body, dict):
        raise _wrong("the body must be a JSON object")
    for name, value in body.items():
        if name not in fields:
            raise _wrong(f"unknown field {name!r}: {', '.join(fields) or 'none'} may stand here")
        if type(value) is not fields[name] or (isinstance(value, str) and not is_short_text(value)):
            raise _wrong(f"{name} must be {'a whole number' if fields[name] is int else 'a short text'}")
    return body


def is_short_text(text: str) -> bool:
    """Fit for state, journal, store and walls: half of a surrogate pair, for one, can be written nowhere."""
    return len(text) <= TEXT_MAX and text.isprintable()


def _wrong(error: str) -> web.HTTPBadRequest:
    text = json.dumps({"error": error, "hint": "see docs/http.openapi.yaml"})
    return web.HTTPBadRequest(text=text, content_type="application/json")


def agent_json(view: AgentView) -> dict[str, object]:
    """The agent, in the words of the walls; no call's id, no caller."""
    return {
        "agent": view.agent,
        "name": view.name,
        "extension": view.extension,
        "presence": view.presence,
        "since": _iso(view.since),
        "reason": view.reason,
        "reachable": view.reachable,
        "private_call": view.private_call,
        "available": view.available,
        "queue": view.queue,
        "wrap_up_until": _iso(view.wrap_up_until),
        "resting_until": _iso(view.resting_until),
    }


def _iso(at: float | None) -> str | None:
    if at is None:
        return None
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
