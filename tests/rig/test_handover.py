"""The dialplan's side of Stasis on a real Asterisk: what ivrd is told, and taking a call back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from rig.phone import Phones
from rig.site import SitePaths

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


class Ari:
    """The least of an ARI client."""

    def __init__(self, session: aiohttp.ClientSession, site: SitePaths) -> None:
        ari = site.loaded.site.asterisk.ari
        self._session, self._url = session, f"http://{ari.host}:{ari.port}/ari"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(ari.user, site.secrets.ari)}

    def listen(self) -> Any:
        return self._session.ws_connect(f"{self._url}/events?app=ivrd", headers=self._headers)

    async def post(self, path: str, **params: str) -> int:
        url = f"{self._url}/{path}"
        async with self._session.post(url, params=params, headers=self._headers) as answer:
            return answer.status


@pytest_asyncio.fixture(loop_scope="module")
async def ari(site: SitePaths) -> AsyncIterator[Ari]:
    async with aiohttp.ClientSession() as session:
        yield Ari(session, site)


async def started(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            event = await socket.receive_json()
            if event["type"] == "StasisStart":
                return dict(event)


async def test_ivrd_is_told_what_kind_of_call_it_is(
    phones: Phones, site: SitePaths, ari: Ari
) -> None:
    agent = await phones.phone("101", site.secrets.phones["101"])
    async with ari.listen() as socket:
        caller = await phones.call("169", "0811222333")
        event = await started(socket)
        assert event["args"] == ["call", "169"]
        assert event["channel"]["caller"]["number"] == "0811222333"
        assert await ari.post(f"channels/{event['channel']['id']}/ring") == 204
        await caller.rings()
        await caller.hang_up()
        feature = await agent.dial("*13")
        event = await started(socket)
        assert event["args"] == ["feature", "pause", "101"]
        assert await ari.post(f"channels/{event['channel']['id']}/ring") == 204
        await feature.rings()
        await feature.hang_up()


async def test_a_caller_who_rang_while_ivrd_restarted_is_taken(phones: Phones, ari: Ari) -> None:
    caller = await phones.call("169", "0811222333")
    await asyncio.sleep(0.3)  # the first try has failed by now: it takes milliseconds
    async with ari.listen() as socket:
        event = await started(socket)
        assert await ari.post(f"channels/{event['channel']['id']}/answer") == 204
        await caller.talking()
        await caller.hang_up()


async def test_a_call_that_ivrd_is_done_with_ends(phones: Phones, ari: Ari) -> None:
    async with ari.listen() as socket:
        caller = await phones.call("169", "0811222333")
        channel = (await started(socket))["channel"]["id"]
        await ari.post(f"channels/{channel}/answer")
        await caller.talking()
        assert await ari.post(f"channels/{channel}/continue") == 204
        await caller.ended(3)


async def test_an_answered_caller_can_be_sent_to_the_fallback(
    phones: Phones, ari: Ari, said_hz: dict[str, float]
) -> None:
    async with ari.listen() as socket:
        caller = await phones.call("169", "0811222333")
        channel = (await started(socket))["channel"]["id"]
        await ari.post(f"channels/{channel}/answer")
        await caller.talking()
        place = {"context": "ivrd-fallback", "extension": "s", "priority": "1"}
        assert await ari.post(f"channels/{channel}/continue", **place) == 204
        await caller.wait_heard(said_hz["id/fallback-wait"])
        await caller.hang_up()


async def test_a_wrong_ari_password_is_refused(asterisk: object, site: SitePaths) -> None:
    port = site.loaded.site.asterisk.ari.port
    wrong = {"Authorization": aiohttp.encode_basic_auth("ivrd", "guess")}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/ari/asterisk/info", headers=wrong) as answer,
    ):
        assert answer.status == 401


@pytest.mark.parametrize(("right", "reply"), [(True, "Success"), (False, "Error")])
async def test_ami_takes_the_generated_password_only(
    asterisk: object, site: SitePaths, right: bool, reply: str
) -> None:
    secret = site.secrets.ami if right else "guess"
    reader, writer = await asyncio.open_connection("127.0.0.1", site.loaded.site.asterisk.ami.port)
    writer.write(f"Action: Login\r\nUsername: ivrd\r\nSecret: {secret}\r\n\r\n".encode())
    async with asyncio.timeout(5):
        await reader.readline()  # the banner
        assert (await reader.readline()).decode().strip() == f"Response: {reply}"
    writer.close()
    await writer.wait_closed()
