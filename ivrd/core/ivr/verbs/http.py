"""http: ask a service while the caller waits (data dip)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from ivrd.core.ivr import pointer
from ivrd.core.ivr.orders import FetchHttp
from ivrd.core.ivr.problem import Known, Problem
from ivrd.core.ivr.shape import Doc, Names, NodeRef
from ivrd.core.ivr.verbs.base import Deaf
from ivrd.core.ivr.walk import Answer, Around, Ask, Goto, Request, Walk

#: what may be sent beside the flow's own variables
CALL_FACTS = ("call.caller", "call.did", "call.language")
LONGEST_TIMEOUT_S = 30.0
MOST_TRIES = 5
_GRACE_S = 1.0  #: for the answer's way back


@dataclass(frozen=True, kw_only=True)
class Http(Deaf):
    """Ask a service while the caller waits, and keep what it says in variables.

    ``http: {service: oss, get: /licences, send: {nib: nib}, timeout_s: 3, save: {status: /data/status},
    then: told, on_failure: sorry}``. Hosts, headers and secrets stand in config/ivrd.yaml, never here.
    """

    verb: ClassVar[str] = "http"
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    service: Annotated[str, Names("service"), Doc("one of `services:` in config/ivrd.yaml", examples=("oss",))]
    get: Annotated[str, Doc("path of a GET request", examples=("/licences",))] = ""
    post: Annotated[str, Doc("path of a POST request (instead of get)")] = ""
    send: Annotated[
        dict[str, Annotated[str, Names("variable", words=CALL_FACTS)]],
        Doc("name in the query (get) or JSON body (post) -> variable, or call.caller, call.did, call.language"),
    ] = field(default_factory=dict)
    timeout_s: Annotated[float, Doc("how long one try may take", examples=(3,))]
    tries: Annotated[int, Doc("a failed get is tried again; a post only when it was not even sent")] = 1
    spacing_s: Annotated[float, Doc("between two tries")] = 0.5
    save: Annotated[
        dict[Annotated[str, Names("variable", sets=True)], str],
        Doc("variable -> JSON Pointer (RFC 6901) into the answer", examples=({"status": "/data/status"},)),
    ] = field(default_factory=dict)
    then: Annotated[NodeRef, Doc("the service answered, and all of `save` was in it")]
    on_failure: Annotated[NodeRef, Doc("anything else")]

    def enter(self, walk: Walk, around: Around) -> tuple[Request, ...]:
        order = FetchHttp(
            service=self.service,
            method="GET" if self.get else "POST",
            path=self.get or self.post,
            send={name: _value(walk, around, variable) for name, variable in self.send.items()},
            save=dict(self.save),
            timeout_s=self.timeout_s,
            tries=self.tries,
            spacing_s=self.spacing_s,
        )
        longest_s = self.tries * self.timeout_s + (self.tries - 1) * self.spacing_s
        return (Ask(order=order, deadline_s=longest_s + _GRACE_S),)

    def answered(self, walk: Walk, around: Around, answer: Answer) -> tuple[Request, ...]:
        if answer.outcome != "ok":
            return (Goto(node=self.on_failure),)
        walk.vars |= {name: answer.values[name] for name in self.save if name in answer.values}
        return (Goto(node=self.then),)

    def problems(self, known: Known) -> Iterable[Problem]:
        if bool(self.get) == bool(self.post):
            yield Problem(path=(), message="one of get and post is needed, and not both")
        for key in ("get", "post"):
            path = getattr(self, key)
            if path and (not path.startswith("/") or any(c in path for c in "?# ")):
                yield Problem(path=(key,), message=f"{path!r} is not a path like /licences; what is asked goes into `send`")
        if not 0 < self.timeout_s <= LONGEST_TIMEOUT_S:
            yield Problem(path=("timeout_s",), message=f"must be more than 0 and at most {LONGEST_TIMEOUT_S:g} seconds")
        if not 1 <= self.tries <= MOST_TRIES:
            yield Problem(path=("tries",), message=f"must be between 1 and {MOST_TRIES}")
        if self.spacing_s < 0:
            yield Problem(path=("spacing_s",), message="must be at least 0 seconds")
        for name, path in self.save.items():
            if fault := pointer.fault(path):
                yield Problem(path=("save", name), message=f"{path!r}: {fault}")


def _value(walk: Walk, around: Around, name: str) -> bool | int | float | str:
    match name:
        case "call.caller":
            return around.number
        case "call.did":
            return around.did
        case "call.language":
            return walk.language
        case _:
            return walk.vars.get(name, "")
