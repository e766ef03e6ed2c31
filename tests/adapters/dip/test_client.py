"""HttpDip against a real server that does what services do on bad days."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from ivrd.adapters.dip import HttpDip
from ivrd.core.ivr.orders import FetchHttp
from ivrd.settings.site import Service

SECRET = "s3cret-of-oss"


@dataclass
class Oss:
    """A service whose next answers a test lays out: a status, a body, or an event to wait for."""

    plan: list[Any] = field(default_factory=list)
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        self.bodies.append(await request.text())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            step = self.plan.pop(0) if self.plan else 200
            if isinstance(step, asyncio.Event):
                await step.wait()
                step = 200
            if isinstance(step, int):
                return web.json_response({"a": 1}, status=step, headers={"Location": "http://127.0.0.1:1/"})
            return web.Response(body=step)
        finally:
            self.under_way -= 1


@dataclass
class Bench:
    oss: Oss
    dip: HttpDip
    counts: Counter[tuple[str, str]]

    async def fetch(self, **changes: Any) -> tuple[str, dict[str, Any]]:
        order = {
            "service": "oss", "method": "GET", "path": "/x", "send": {}, "save": {"a": "/a"},
            "timeout_s": 2.0, "tries": 1, "spacing_s": 0.0, **changes,
        }  # fmt: skip
        answer = await self.dip.fetch("c1", FetchHttp(**order))
        return answer.outcome, dict(answer.values)


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    oss, counts = Oss(), Counter[tuple[str, str]]()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", oss.serve)
    async with TestServer(app) as server:
        service = Service(
            url=f"http://{server.host}:{server.port}/api/",
            headers={"Authorization": "Bearer {secret}"},
            at_once=2,
            max_bytes=100,
            breaker_failures=3,
            breaker_open_s=0.05,
        )
        log = structlog.get_logger()
        dip = HttpDip({"oss": service}, {"oss": SECRET}, log, lambda s, o: counts.update([(s, o)]))
        yield Bench(oss, dip, counts)
        await dip.close()


async def test_a_get_carries_its_query_and_the_secret_header(bench: Bench) -> None:
    assert await bench.fetch(send={"nib": "12 34&x", "vip": True, "n": 3}) == ("ok", {"a": 1})
    request = bench.oss.seen[0]
    assert (request.path, dict(request.query)) == ("/api/x", {"nib": "12 34&x", "vip": "true", "n": "3"})
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert bench.counts == {("oss", "ok"): 1}


async def test_a_post_carries_json(bench: Bench) -> None:
    assert (await bench.fetch(method="POST", send={"nib": "1", "vip": True}))[0] == "ok"
    assert bench.oss.bodies == ['{"nib": "1", "vip": true}']
    assert not bench.oss.seen[0].query


@pytest.mark.parametrize(
    ("plan", "outcome"),
    [
        (404, "refused"),
        (302, "refused"),
        (500, "broken"),
        (b"<html>", "unusable"),
        (b'{"b": 1}', "unusable"),
        (b'{"a": [1]}', "unusable"),
        (b'{"a": "' + b"x" * 100 + b'"}', "unusable"),
        (b"[" * 100, "unusable"),
    ],
)
async def test_an_answer_that_is_no_use(bench: Bench, plan: Any, outcome: str) -> None:
    bench.oss.plan = [plan]
    with structlog.testing.capture_logs() as said:
        assert await bench.fetch() == (outcome, {})
    assert [(line["event"], line["call"], line["outcome"]) for line in said] == [("data dip failed", "c1", outcome)]
    assert len(bench.oss.seen) == 1, "a redirect is not followed, and nothing is tried again unasked"


async def test_a_service_that_is_slow_costs_its_time_out_and_no_more(bench: Bench) -> None:
    never = asyncio.Event()
    bench.oss.plan = [never]
    assert await bench.fetch(timeout_s=0.05) == ("slow", {})
    never.set()


async def test_a_get_is_tried_again_a_post_that_may_have_arrived_is_not(bench: Bench) -> None:
    bench.oss.plan = [503, 503]
    assert await bench.fetch(tries=3) == ("ok", {"a": 1})
    assert len(bench.oss.seen) == 3
    bench.oss.plan = [503]
    assert await bench.fetch(tries=3, method="POST") == ("broken", {})
    assert len(bench.oss.seen) == 4
    bench.oss.plan = [404]
    assert await bench.fetch(tries=3) == ("refused", {})
    assert len(bench.oss.seen) == 5


async def test_a_service_that_keeps_failing_is_left_alone_and_then_tried_by_one(bench: Bench) -> None:
    bench.oss.plan = [500, 500, 500]
    for _ in range(3):
        assert (await bench.fetch())[0] == "broken"
    assert (await bench.fetch())[0] == "held_back"
    assert len(bench.oss.seen) == 3
    await asyncio.sleep(0.06)  # the breaker's own time
    assert (await bench.fetch())[0] == "ok"
    assert (await bench.fetch())[0] == "ok"


async def test_no_more_at_once_than_the_service_bears(bench: Bench) -> None:
    gates = [asyncio.Event() for _ in range(6)]
    bench.oss.plan = list(gates)
    async with asyncio.TaskGroup() as group:
        asks = [group.create_task(bench.fetch()) for _ in gates]
        for gate in gates:
            gate.set()
    assert [a.result()[0] for a in asks] == ["ok"] * 6
    assert bench.oss.most <= 2


def test_the_secret_is_in_no_repr(bench: Bench) -> None:
    assert SECRET not in repr(bench.dip._lines)
