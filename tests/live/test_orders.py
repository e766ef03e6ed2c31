"""Who of several agents is asked, at real phones: each ``order``, so many phones at once, agents kept free, room taken by other channels."""

from __future__ import annotations

import pytest

from rig.phone import RING, Phone, PhoneCall
from tests.live.centre import Centre
from tests.live.said import MUSIC_HZ
from tests.live.test_floor import api

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
QUICK = {"skills": ["lkpm"], "wrap_up_s": 0, "announce_every_s": 0, "ring_timeout_s": 20}
ORDERS = ("longest_idle", "least_occupied", "best_skilled", "most_specific", "round_robin")
QUEUES = {
    **{order: {"title": order, "order": order, **QUICK} for order in ORDERS},
    "two": {"title": "Two phones at once", "ring": 2, **QUICK},
    "english": {"title": "English", "reserve": [{"skill": "language:en", "keep": 1, "others_after_s": 3}], **QUICK},
}
DIDS = {queue: str(180 + n) for n, queue in enumerate(QUEUES)}
FLOWS = {
    queue: f"start: spoken\nnodes:\n  spoken: {{language: {{set: {'en' if queue == 'english' else 'id'}, then: q}}}}\n"
    f"  q: {{queue: {{to: {queue}, overflow: bye}}}}\n  bye: {{hangup: {{}}}}\n"
    for queue in QUEUES
}
ALL = dict.fromkeys(("perizinan", "kbli", "regulasi", "lkpm", "data", "sinkronisasi"), 5)
SITE = {
    "agents": {
        "101": {"name": "Adi", "skills": ["lkpm"]},
        "102": {"name": "Ayu", "skills": ALL, "capacity": 1.5},
        "103": {"name": "Bagus", "skills": {**ALL, "lkpm": 9}},
        "104": {"name": "Citra", "skills": ALL, "languages": ["id", "en"]},
    },
    "overrides": {
        "ivrd.yaml": {
            "dids": {did: queue for queue, did in DIDS.items()},
            "http": {"tokens": ["crm"]},
            "acd": {"weights": {"voice": 1.0, "chat": 0.5}},
        },
        "queues.yaml": {"queues": QUEUES},
    },
}


async def rung(centre: Centre, phones: dict[str, Phone], queue: str) -> str:
    """Whose phone rings for a caller of the queue, and no other; the caller hangs up, which costs the agent nothing."""
    since, before = centre.wall.mark, {agent: len(phone.incoming) for agent, phone in phones.items()}
    caller = await centre.dial(DIDS[queue])
    agent = str((await centre.wall.event("call_offered", since, queue=queue))["facts"]["agent"])
    ringing = await phones[agent].next_call()
    await caller.talking()  # who hangs up before would be nobody's caller
    await caller.hang_up()
    await ringing.ended()
    await centre.wall.event("offer_ended", since, agent=agent, outcome="withdrawn")
    assert {a: len(phone.incoming) - before[a] for a, phone in phones.items()} == {a: int(a == agent) for a in phones}
    return agent


async def connected(centre: Centre, caller: PhoneCall, phone: Phone) -> PhoneCall:
    """The phone rings for the caller, is picked up, and the two hear each other: the agent's end."""
    at_agent = await phone.next_call()
    assert at_agent.peer_number == centre.numbers[-1]
    await at_agent.answer()
    await centre.both_hear(caller, at_agent)
    return at_agent


async def test_each_order_rings_another_phone_first(centre: Centre) -> None:
    """Ayu has been idle for longest, and has talked; Adi can least, Bagus does it best; neither was ever rung."""
    phones = {"102": await centre.agent("102", RING)}
    caller = await centre.dial(DIDS["longest_idle"])
    await connected(centre, caller, phones["102"])
    await caller.hang_up()
    await centre.wall.agent_is("102", presence="ready")
    for extension in ("101", "103"):
        phones[extension] = await centre.agent(extension, RING)
    assert [await rung(centre, phones, "round_robin") for _ in range(4)] == ["101", "103", "102", "101"]
    first = {order: await rung(centre, phones, order) for order in ORDERS[:4]}
    assert first == {"longest_idle": "102", "least_occupied": "101", "best_skilled": "103", "most_specific": "101"}


async def test_of_three_two_are_rung_at_once_and_the_second_stops_when_the_first_is_answered(centre: Centre) -> None:
    phones = {extension: await centre.agent(extension, RING) for extension in ("102", "101", "103")}  # as they came
    caller = await centre.dial(DIDS["two"])
    at_ayu, at_adi = await phones["102"].next_call(), await phones["101"].next_call()
    await at_adi.answer()
    await centre.both_hear(caller, at_adi)
    await at_ayu.ended()
    await centre.wall.event("offer_ended", centre.since, agent="102", outcome="withdrawn")
    await caller.hang_up()
    row = await centre.row()
    assert (row["agent"], row["offers"], phones["103"].incoming) == ("101", 2, [])


async def test_the_last_who_speaks_english_is_kept_free_for_who_needs_it_until_others_have_waited(centre: Centre) -> None:
    citra, adi = await centre.agent("104", RING), await centre.agent("101", RING)
    one = await centre.dial(DIDS["round_robin"])  # it would be Citra's turn
    at_adi = await connected(centre, one, adi)
    since = centre.wall.mark
    two = await centre.dial(DIDS["longest_idle"])
    waits = centre.numbers[-1]
    await centre.wall.event("call_queued", since)
    english = await centre.dial(DIDS["english"])
    await connected(centre, english, citra)
    await two.wait_heard(MUSIC_HZ)
    await english.hang_up()
    at_citra = await citra.next_call()
    assert at_citra.peer_number == waits
    await at_citra.answer()
    await centre.both_hear(two, at_citra)
    for call in (two, one):
        await call.hang_up()
    await at_adi.ended()
    row = await centre.row(waits)
    assert (row["agent"], row["offers"]) == ("104", 1)
    assert row["wait_ms"] >= 3000


async def test_who_has_a_chat_is_rung_only_with_room_for_a_call_beside_it(centre: Centre) -> None:
    """Adi has room for one contact of voice, or two chats; Ayu for a chat besides a call."""
    adi = await centre.agent("101", RING)
    assert (await api(centre, "PUT", "/agents/101/contacts/t1", {"kind": "chat"}))[0] == 200
    await centre.wall.agent_is("101", presence="ready", available=False)
    waiting = await centre.dial(DIDS["longest_idle"])
    await waiting.wait_heard(MUSIC_HZ)
    assert adi.incoming == []
    ayu = await centre.agent("102", RING)
    assert (await api(centre, "PUT", "/agents/102/contacts/t2", {"kind": "chat"}))[0] == 200
    at_ayu = await connected(centre, waiting, ayu)
    status, said = await api(centre, "PUT", "/agents/102/contacts/t3", {"kind": "chat"})
    assert (status, said["error"]) == (409, "no_capacity")
    other = await centre.dial(DIDS["longest_idle"])
    await other.wait_heard(MUSIC_HZ)
    assert adi.incoming == []
    assert (await api(centre, "DELETE", "/agents/101/contacts/t1"))[0] == 200
    await connected(centre, other, adi)
    for call in (other, waiting):
        await call.hang_up()
    await at_ayu.ended()
    assert (await api(centre, "DELETE", "/agents/102/contacts/t2"))[0] == 200
