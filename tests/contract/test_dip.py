"""What every ports.DataDip keeps: the fake, and the real one against a service on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from ivrd.adapters.dip import HttpDip
from ivrd.core.ivr.orders import FetchHttp
from ivrd.core.ivr.walk import Answer
from ivrd.ports import DataDip
from ivrd.settings.site import Service
from tests.fakes.dip import FakeDip

STATUS = {"data": {"status": "issued", "days": 3, "paid": True, "note": None}}


def ask(service: str = "oss", path: str = "/licence", **save: str) -> FetchHttp:
    return FetchHttp(
        service=service, method="GET", path=path, send={}, save=save, timeout_s=2, tries=1, spacing_s=0
    )


@pytest_asyncio.fixture
async def real() -> AsyncIterator[DataDip]:
    async def licence(_: web.Request) -> web.Response:
        return web.json_response(STATUS)

    app = web.Application()
    app.router.add_get("/licence", licence)
    async with TestServer(app) as server:
        url = f"http://{server.host}:{server.port}"
        away = f"http://127.0.0.1:{unused_port()}"
        dip = HttpDip(
            {"oss": Service(url=url), "away": Service(url=away)}, {}, structlog.get_logger(), lambda *_: None
        )
        yield dip
        await dip.close()


@pytest.fixture
def fake() -> DataDip:
    found = {"status": "issued", "days": 3, "paid": True, "note": ""}
    return FakeDip(
        {("oss", "/licence"): Answer(outcome="ok", values=found), ("away", "/licence"): Answer(outcome="unreachable")}
    )


@pytest.fixture(params=["fake", "real"])
def dip(request: pytest.FixtureRequest) -> DataDip:
    chosen: DataDip = request.getfixturevalue(request.param)
    return chosen


async def test_what_is_wanted_comes_back_as_values(dip: DataDip) -> None:
    answer = await dip.fetch(
        "c1", ask(status="/data/status", days="/data/days", paid="/data/paid", note="/data/note")
    )
    assert (answer.outcome, dict(answer.values)) == ("ok", {"status": "issued", "days": 3, "paid": True, "note": ""})


@pytest.mark.parametrize(
    ("order", "outcome"),
    [(ask("nobody"), "unknown"), (ask("away"), "unreachable"), (ask(path="/nothing"), "refused")],
)
async def test_what_goes_wrong_is_a_word_and_never_an_exception(dip: DataDip, order: FetchHttp, outcome: str) -> None:
    answer = await dip.fetch("c1", order)
    assert (answer.outcome, dict(answer.values)) == (outcome, {})
