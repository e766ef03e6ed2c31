"""A hundred dial at once, and one again and again, while the channels are taken: counted, one by one, and nobody who is in notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.media import AGENT, CALLER, Media
from bench.station import Leg, Station
from rig.phone import Phone
from rig.site import SitePaths
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
TRUNK = {"channels": 4, "reserve": 1, "full_says": "trunk-full"}
SITE = {"overrides": {"ivrd.yaml": {"asterisk": {"trunk": TRUNK}, "guards": {"calls": 2}}}}
CROWD, REDIALS = 100, 100
BUSY, FORBIDDEN = 486, 403  #: Asterisk's words for causes 17 and 21


@pytest_asyncio.fixture(loop_scope="module")
async def outside(site: SitePaths) -> AsyncIterator[Station]:
    """The carrier's side: as many callers as one likes."""
    sip = site.loaded.site.asterisk.sip
    with Media() as media, Station((sip.host, sip.port), media, CALLER, AGENT) as station:
        yield station


async def over(legs: list[Leg]) -> Counter[int]:
    """How all of them ended, once all have."""
    for leg in legs:
        await leg.over.wait()
    return Counter(leg.status for leg in legs)


async def test_a_hundred_are_refused_and_those_inside_are_served(centre: Centre, outside: Station) -> None:
    adi: Phone = await centre.agent("101")
    caller, at_adi = await centre.conversation(adi)
    waiting = await centre.caller("10")
    menu = await centre.caller("1")
    await centre.until(lambda: centre.wall.state("trunk/state").get("in_use") == 3)

    numbers = [f"0855{n:06d}" for n in range(CROWD)]
    crowd = [outside.call(number, "169") for number in numbers]
    redialled: list[Leg] = []
    for _ in range(REDIALS):
        redialled.append(outside.call("0866", "169"))
        await redialled[-1].over.wait()
    ended = await over(crowd)
    assert set(ended) <= {BUSY, 200}  # 200: told on the channel of the reserve, and hung up
    assert ended[200] >= 1
    assert {leg.status for leg in redialled[2:]} == {FORBIDDEN}

    for number in numbers:
        row = await centre.row(number)
        assert (row["disposition"], row["guard"], row["cause"]) == ("refused", "trunk_full", 17)
    await centre.until(lambda: len(centre.rows("0866")) == REDIALS)
    assert Counter(row["guard"] for row in centre.rows("0866")) == {"trunk_full": 2, "too_many_calls": REDIALS - 2}
    guarded = await centre.ivrd.metrics()
    assert guarded['ivrd_calls_guarded_total{guard="trunk_full"}'] == CROWD + 2
    assert guarded['ivrd_calls_guarded_total{guard="too_many_calls"}'] == REDIALS - 2
    await centre.both_hear(caller, at_adi)
    await waiting.wait_heard(MUSIC_HZ, since=waiting.mark)

    # Somebody listens to the apology when a channel becomes free: the next caller gets it all the same.
    await menu.hang_up()
    await centre.until(lambda: centre.wall.state("trunk/state")["in_use"] == 2)
    again = await centre.caller("10")
    told = outside.call("0877", "169")
    await told.answered.wait()
    await waiting.hang_up()
    await centre.row(centre.numbers[1])
    instead = await centre.caller("10")
    await instead.wait_heard(MUSIC_HZ)
    outside.hang_up(told)
    for call in (again, instead, caller):
        await call.hang_up()
    await at_adi.ended()
