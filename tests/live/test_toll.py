"""What may be dialled outside in a day is bounded: at the limit a flow's call is refused, and walls, metrics and rows say so."""

from __future__ import annotations

import pytest

from rig.tools import free_ports
from tests.live.centre import Centre
from tests.live.said import said_hz

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
(SIP,) = free_ports(1)
FAR = "0215559876"
FLOWS = {
    "far": f"""start: d
nodes:
  d: {{dial: {{number: "{FAR}", then: bye, busy: bye, no_answer: bye, failed: sorry}}}}
  sorry: {{play: {{say: [technical-apology], then: bye}}}}
  bye: {{hangup: {{}}}}
""",
    "there": """start: hello
nodes:
  hello: {play: {say: [closed-hours], then: bye}}
  bye: {hangup: {}}
""",
}
SITE = {
    "overrides": {
        "ivrd.yaml": {
            "dids": {"177": "far", FAR: "there"},
            "asterisk": {
                "sip": {"port": SIP},
                # the carrier is this Asterisk itself: the number outside is another one of ours
                "trunk": {"outbound": {"allow": [FAR], "server": f"127.0.0.1:{SIP}", "per_day": 1}},
            },
        }
    }
}


async def test_at_the_days_limit_a_call_outside_is_refused_also_after_a_restart(centre: Centre) -> None:
    caller = await centre.caller(number="177")
    await caller.wait_heard(said_hz("closed-hours"))
    await caller.ended()
    row = await centre.row()
    assert (row["disposition"], row["dialled"], row["dial_result"]) == ("connected", FAR, "answered")
    assert not centre.wall.state("alert/dialling").get("raised")

    await centre.ivrd.kill()
    await centre.ivrd.start()
    since, before = centre.wall.mark, len(centre.ivrd.lines())
    caller = await centre.caller(number="177")
    await caller.wait_heard(said_hz("technical-apology"))
    await caller.ended()
    row = await centre.row()
    assert (row["dialled"], row["dial_result"]) == (FAR, "failed")
    assert (await centre.wall.event("dial_limit_reached", since))["facts"] == {"per_day": 1}
    await centre.wall.until(lambda: centre.wall.state("alert/dialling").get("raised") is True)
    metrics = await centre.ivrd.metrics()
    assert (metrics["ivrd_dial_limit_reached_total"], metrics['ivrd_alarm{alarm="dialling"}']) == (1, 1)
    arrived = [line["did"] for line in centre.ivrd.lines()[before:] if line["event"] == "call arrived"]
    assert arrived == ["177"]  # nothing went to the carrier, who would have brought it to FAR
