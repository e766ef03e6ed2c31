"""What must hold after every single event, each as one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ivrd.core import ids, promises
from ivrd.core.acd.demand import first_step
from ivrd.core.acd.presence import Presence
from ivrd.core.acd.selection import Now
from ivrd.core.commands import HangUp
from ivrd.core.desk import Desk
from ivrd.core.events import OrderRefused
from ivrd.core.exchange import Exchange
from ivrd.core.outlook import position
from ivrd.core.state import Call, Rec, Stage

from .oracle import RESERVED, Oracle, phones
from .switch import Switch


def an_agent_has_at_most_one_offer(exchange: Exchange, switch: Switch) -> None:
    asked = Counter(o.agent for c in _calls(exchange) for o in c.ringing)
    assert all(n == 1 for n in asked.values()), asked


def a_call_rings_no_more_phones_than_its_queue_says(exchange: Exchange, switch: Switch) -> None:
    """At Asterisk when all orders are carried out; before that an old phone may still ring a moment."""
    allowed = {w.call: exchange.plan.floor.queues[w.queue].ring for w in exchange.desk.lines.calls.values()}
    for call in _calls(exchange):
        assert len(call.ringing) <= allowed.get(call.id, 0), call
    if switch.lanes or switch.events or not switch.connected:
        return
    ringing = Counter(ids.call_of(n) for n, c in switch.channels.items() if c.role == "agent" and c.state == "Ringing" and ".dial-" not in n)
    assert all(n <= allowed.get(call, 0) for call, n in ringing.items()), ringing


def an_offer_belongs_to_a_waiting_call_and_has_a_deadline(exchange: Exchange, switch: Switch) -> None:
    for call in _calls(exchange):
        if call.ringing:
            assert call.stage == Stage.QUEUED, call
            due = exchange.state.timers.due[f"ring:{call.id}"]
            rings_until = min(o.until for o in call.ringing)
            assert due == rings_until or (due > rings_until and not exchange.state.connected), call  # nobody is judged meanwhile
        else:
            assert f"ring:{call.id}" not in exchange.state.timers.due, call


def an_agent_offered_or_talking_has_a_call_and_the_call_has_the_agent(exchange: Exchange, switch: Switch) -> None:
    offered = {o.agent: c.id for c in _calls(exchange) for o in c.ringing}
    talking = {c.talk.agent: c.id for c in _calls(exchange) if c.talk and c.stage == Stage.TALKING}
    talking |= {c.calling.agent: c.id for c in _calls(exchange) if c.calling and c.calling.leg}
    for name, agent in exchange.state.agents.items():
        for presence, pairs in ((Presence.OFFERED, offered), (Presence.TALKING, talking)):
            assert (agent.presence == presence) == (name in pairs), (agent, pairs)
            if agent.presence == presence:
                assert agent.call == pairs[name], agent


def wrap_up_ends(exchange: Exchange, switch: Switch) -> None:
    for name, agent in exchange.state.agents.items():
        assert (agent.presence == Presence.WRAP_UP) == (f"wrap:{name}" in exchange.state.timers.due), agent


def a_rest_and_a_bounded_pause_end(exchange: Exchange, switch: Switch) -> None:
    due = exchange.state.timers.due
    for name, agent in exchange.state.agents.items():
        assert agent.rest_until is None or f"rest:{name}" in due, agent
        assert (f"pause:{name}" in due) <= (agent.presence == Presence.PAUSED), agent
        assert agent.unreachable_until is None or f"reach:{name}" in due, agent
        assert not ({"missed", "pause_limit"} & set(agent.alerts)) or agent.presence == Presence.PAUSED, agent


def who_waits_is_in_a_queue_and_for_a_bounded_time(exchange: Exchange, switch: Switch) -> None:
    for call in _calls(exchange):
        assert (call.stage == Stage.QUEUED) == (call.wait is not None), call
        if call.wait is not None:
            assert f"wait:{call.id}" in exchange.state.timers.due, call


def nobody_waits_beside_an_agent_who_could_take_the_call(exchange: Exchange, switch: Switch) -> None:
    """Of those who wait, nobody could be offered to anybody: looked at agent by agent, by rules that are not the router's."""
    if not exchange.state.connected:
        return
    oracle = Oracle(exchange, switch.declined)
    for call in _calls(exchange):
        if call.wait is not None and len(call.ringing) < phones(exchange.plan.floor.queues[call.wait.queue], call.wait):
            could = oracle.could(call)
            assert not could or _looked_at_now(exchange, call), (call, could)


def who_is_rung_may_be_and_nobody_ahead_could_have_had_them(exchange: Exchange, switch: Switch) -> None:
    """Offer by offer, in the order in which they were made. Who has waited too long is ahead of every priority, so low
    priority does not starve."""
    new = [(call, agent) for leg in switch.rung for call, agent in _rung_at(exchange, leg) if leg not in switch.asked]
    free = Oracle(exchange, switch.declined).free | {agent for _, agent in new}
    for call, agent in new:
        oracle = Oracle(exchange, switch.declined, free)
        was_kept = _was_kept(exchange, call, agent)
        against = [why for why in oracle.against(call, agent) if not (was_kept and why.startswith(RESERVED))]
        assert not against, (call, agent, against)
        assert not oracle.why_not_free(agent, Presence.OFFERED), (call, agent)
        if was_kept:
            free.discard(agent)
            continue
        for other in _calls(exchange):
            if other.wait is None or other.ringing or other.wait.leaving or len(call.ringing) > 1 or _looked_at_now(exchange, other):
                continue
            assert oracle.place(other) > oracle.place(call) or oracle.against(other, agent), (call, agent, other)
        free.discard(agent)


def _was_kept(exchange: Exchange, call: Call, agent: str) -> bool:
    """The first agent of a customer who was rung first was kept free for this call, whoever came meanwhile: no VIP has them
    and no queue that they became scarce for."""
    first = ids.agent_leg(call.id, agent, 1)
    return bool(call.callback_of) and exchange.plan.callbacks.dial == "customer_first" and any(o.leg == first for o in call.ringing)


def _looked_at_now(exchange: Exchange, call: Call) -> bool:
    """A deadline of the call is due in this very moment."""
    due = exchange.state.timers.due
    return any(due.get(f"{name}:{call.id}", float("inf")) <= exchange.state.last_at for name in ("relax", "reoffer", "wait"))


def _rung_at(exchange: Exchange, leg: str) -> Iterator[tuple[Call, str]]:
    """The call for which that phone rings still, and the agent."""
    for call in _calls(exchange):
        yield from ((call, offer.agent) for offer in call.ringing if offer.leg == leg and call.wait is not None)


def who_declined_is_not_next_for_the_same_call(exchange: Exchange, switch: Switch) -> None:
    for call in _calls(exchange):
        for offer in call.ringing:
            assert call.wait is not None
            declined_at = switch.declined.get((call.id, offer.agent), float("-inf"))
            assert offer.at >= declined_at + exchange.plan.floor.rules.reoffer_after_s or offer.at < declined_at, (call, offer)


def the_place_in_line_is_the_place_in_the_order(exchange: Exchange, switch: Switch) -> None:
    now = _now(exchange)
    for line in exchange.desk.lines.queues.values():
        in_order = sorted(line.calls.values(), key=lambda w: w.rank(now.at, now.floor.rules.first_after_s))
        places = [position(exchange.desk, exchange.state.calls[w.call]) for w in in_order]
        assert places == list(range(1, len(places) + 1)), (in_order, places)
        assert in_order == list(line.in_order(now.at, now.floor.rules.first_after_s))


def the_routers_lists_are_what_a_new_start_would_make(exchange: Exchange, switch: Switch) -> None:
    anew = Desk(exchange.plan, exchange.state)
    here, there = exchange.desk.lines, anew.lines
    assert here.calls == there.calls
    assert here.open == there.open
    assert {q: line for q, line in here.queues.items() if line.calls} == there.queues
    for i, kind in enumerate(exchange.plan.floor.kinds):
        assert list(exchange.desk.pool.free(i)) == list(anew.pool.free(i)), kind
    assert {k.agents for k in exchange.desk.pool.kinds_there()} == {k.agents for k in anew.pool.kinds_there()}


def a_step_is_only_waited_for_if_somebody_could_meet_it(exchange: Exchange, switch: Switch) -> None:
    """Else the first later step that somebody who is logged in could meet has been taken."""
    if not exchange.state.connected:
        return
    there = exchange.desk.pool.kinds_there()
    for call in _calls(exchange):
        if call.wait is not None:
            floor, queue = exchange.plan.floor, exchange.plan.floor.queues[call.wait.queue]
            step = call.wait.step
            assert first_step(floor, queue, call.wait.asked, call.wait.language, step, there) == step, call


def _ordered_again(exchange: Exchange, switch: Switch, call: Call) -> bool:
    """Asterisk refused an order of the call, which is given again in a moment, or when we hear of it."""
    told = any(kind is OrderRefused and facts["call"] == call.id for kind, facts in switch.events)
    return told or f"again:{call.id}" in exchange.state.timers.due


def no_call_is_without_a_next_step(exchange: Exchange, switch: Switch) -> None:
    """A deadline, a talk, or something on its way: else it would stay for ever. A prompt alone is none: its end may
    never be told."""
    if not switch.connected:
        return  # the survey after the outage is the next step
    timers = exchange.state.timers.due
    for call in _calls(exchange):
        own = [t for t in timers if t.endswith(f":{call.id}")]
        talk = call.stage == Stage.TALKING and call.talk is not None
        wrap_ups = [one.talk.agent for one in (*call.earlier, call) if one.wrapping and one.talk is not None]
        wrapping = any(f"wrap:{agent}" in timers for agent in wrap_ups)
        assert own or talk or wrapping or _on_its_way(call, switch), call
        assert not call.prompt or f"prompt:{call.id}" in timers, call


def what_a_caller_hears_is_one_thing(exchange: Exchange, switch: Switch) -> None:
    """When all orders are carried out: one prompt or music, and in a talk neither."""
    if switch.lanes or not switch.connected:
        return
    for call in _calls(exchange):
        channel = switch.channels.get(call.id)
        if channel is not None and call.stage != Stage.CLOSING and not _ordered_again(exchange, switch, call):
            talking = call.stage in (Stage.TALKING, Stage.CONNECTED)
            assert len(channel.playing) + channel.music <= (0 if talking else 1), (call, channel)


def we_hang_up_nobody_in_the_middle_of_a_talk(exchange: Exchange, switch: Switch) -> None:
    hung_up = {o.channel for lane in switch.lanes.values() for o in lane if isinstance(o, HangUp)}
    for call in _calls(exchange):
        if call.stage == Stage.TALKING and call.talk is not None:
            assert not hung_up & {call.id, call.talk.leg}, (call, hung_up)
        if call.stage == Stage.CONNECTED and call.dialled is not None:
            assert not hung_up & {call.id, call.dialled.leg}, (call, hung_up)


def a_talk_is_connected_and_recorded(exchange: Exchange, switch: Switch) -> None:
    """When all orders are carried out, as long as both sides are there."""
    if switch.lanes or switch.events or not switch.connected:
        return
    for call in _calls(exchange):
        if _ordered_again(exchange, switch, call):
            continue
        if call.stage == Stage.TALKING and call.talk and {call.id, call.talk.leg} <= set(switch.channels):
            assert {call.id, call.talk.leg} <= switch.bridges[ids.bridge(call.id)], call
            assert switch.channels[call.id].recording or call.recording.state == Rec.FAILED, call
        dialled = call.dialled
        if call.stage == Stage.CONNECTED and dialled and {call.id, dialled.leg} <= set(switch.channels):
            assert {call.id, dialled.leg} <= switch.bridges[ids.bridge(call.id)], call


def who_is_dialled_has_a_leg_and_a_deadline(exchange: Exchange, switch: Switch) -> None:
    for call in _calls(exchange):
        if call.stage in (Stage.DIALLING, Stage.CONNECTED):
            assert call.dialled is not None, call
            assert call.dialled.leg in call.legs, call
            assert f"dial:{call.id}" in exchange.state.timers.due, call
            assert (call.dialled.since is not None) == (call.stage == Stage.CONNECTED), call


def a_leg_that_is_over_is_taken_down(exchange: Exchange, switch: Switch) -> None:
    """When all orders are carried out: nobody is left alone in silence at a phone. A call that is over says it again."""
    if switch.lanes or switch.events or not switch.connected:
        return
    for call in _calls(exchange):
        if call.stage in (Stage.CLOSING, Stage.CLOSED):
            continue
        for leg in set(call.legs) & set(switch.channels):
            talk, dialled = call.talk, call.dialled
            used = (
                call.rings_at(leg) is not None
                or (talk is not None and talk.ended_at is None and talk.leg == leg)
                or (call.calling is not None and call.calling.leg == leg)
                or (dialled is not None and dialled.ended_at is None and dialled.leg == leg)
                or (call.consult is not None and leg in (call.consult.channel, call.consult.leg))
            )
            assert used, (call, leg)


def who_is_dialled_is_not_offered_a_call(exchange: Exchange, switch: Switch) -> None:
    offered = {o.agent for c in _calls(exchange) for o in c.ringing}
    for call in _calls(exchange):
        if call.stage in (Stage.DIALLING, Stage.CONNECTED) and call.dialled is not None and call.dialled.extension:
            agent = exchange.plan.floor.agent_at(call.dialled.extension)
            assert agent is not None
            assert agent.id not in offered, call


def an_agents_phone_is_taken_by_somebody(exchange: Exchange, switch: Switch) -> None:
    """By a feature code or by who was dialled: else it would never be offered a call again."""
    rung_first = {c.id for c in _calls(exchange) if c.calling and not c.calling.leg}
    legs = {c.dialled.leg for c in _calls(exchange) if c.dialled and c.dialled.ended_at is None}
    legs |= {c.consult.leg for c in _calls(exchange) if c.consult}
    for agent in exchange.state.agents.values():
        assert not agent.kept_for or agent.kept_for in rung_first, agent
        assert bool(agent.kept_for) == (agent.agent in exchange.desk.kept), agent
        assert not agent.session or agent.session in legs | set(exchange.state.sessions), agent


def who_is_asked_is_in_a_talks_consultation(exchange: Exchange, switch: Switch) -> None:
    """It has a deadline while it rings, and when all orders are carried out the two who talk are connected, apart from the caller."""
    settled = switch.connected and not (switch.lanes or switch.events)
    for call in _calls(exchange):
        consult = call.consult
        assert (f"consult:{call.id}" in exchange.state.timers.due) == (consult is not None and not consult.answered), call
        if consult is None:
            continue
        assert call.stage == Stage.TALKING, call
        assert {consult.channel, consult.leg} <= set(call.legs), call
        assert exchange.state.consults[consult.channel] == call.id
        assert exchange.state.agents[consult.agent].session == consult.leg, call
        if settled and consult.answered:
            assert switch.bridges[ids.bridge(consult.channel)] == {consult.channel, consult.leg}, call


def a_paused_recording_goes_on_by_itself(exchange: Exchange, switch: Switch) -> None:
    settled = switch.connected and not (switch.lanes or switch.events)
    for call in _calls(exchange):
        paused = call.recording.paused_since is not None
        assert paused == (f"paused:{call.id}" in exchange.state.timers.due), call
        assert not paused or call.stage in (Stage.TALKING, Stage.CONNECTED), call
        if settled and call.id in switch.channels and call.recording.state == Rec.RUNNING:
            assert switch.channels[call.id].paused == paused, call


def nobody_listens_for_voices_but_in_the_menus(exchange: Exchange, switch: Switch) -> None:
    for call in _calls(exchange):
        assert not call.listening or call.stage in (Stage.IVR, Stage.CLOSING, Stage.CLOSED), call


def a_promise_has_one_attempt_at_a_time(exchange: Exchange, switch: Switch) -> None:
    """In each queue. Of a customer's promises in several queues one is under way, and the others leave the line at once."""
    state, calls = exchange.state, [c for c in _calls(exchange) if c.stage not in (Stage.CLOSING, Stage.CLOSED)]
    in_line = [c for c in calls if promises.in_line(c)]
    assert all(n == 1 for n in Counter((c.queue, c.number) for c in in_line).values()), in_line
    under_way = Counter(c.number for c in calls if c.callback_of and (c.ringing or not promises.in_line(c)))
    assert all(n == 1 for n in under_way.values()), under_way
    on_the_line = {c.number for c in calls if not promises.in_line(c)}
    for call in in_line:
        assert call.number not in on_the_line or state.timers.due[f"wait:{call.id}"] <= state.last_at, call
    for promise in exchange.state.promises.values():
        assert not promise.attempt or promise.attempt in exchange.state.calls, promise


def never_are_more_customers_rung_than_agents_set_aside(exchange: Exchange, switch: Switch) -> None:
    rung = [c for c in _calls(exchange) if c.stage == Stage.CALLING]
    agents = [c.calling.agent for c in rung if c.calling]
    assert len(agents) == len(rung) == len(set(agents)), rung
    for call in rung:
        assert call.calling is not None
        assert not exchange.desk.agent(call.calling.agent).available, call
        if not call.calling.leg and exchange.state.connected:
            assert exchange.desk.agent(call.calling.agent).able, call  # the customer may pick up at any moment
        assert f"calling:{call.id}" in exchange.state.timers.due, call


def a_promise_is_in_line_or_has_a_deadline(exchange: Exchange, switch: Switch) -> None:
    """Or its customer is on the line, or it is over: else nobody would ever be called back."""
    if not switch.connected:
        return
    state = exchange.state
    calls = [c for c in _calls(exchange) if c.stage not in (Stage.CLOSING, Stage.CLOSED)]
    on_the_line = {c.number for c in calls if not promises.in_line(c)} | {c.id for c in calls}
    for promise in state.promises.values():
        waits = promise.attempt or {promise.number, promise.call} & on_the_line or f"callback:{promise.id}" in state.timers.due
        assert waits or promise.closed, promise


def a_queues_day_adds_up(exchange: Exchange, switch: Switch) -> None:
    for queue in exchange.plan.floor.queues:
        day = exchange.desk.counters(queue)
        waiting = len([c for c in exchange.desk.waiting(queue) if not c.returns])
        assert day.offered == day.answered + day.abandoned + day.diverted + waiting, (queue, day, waiting)
        assert day.answered_in_level <= day.answered
        assert day.short_abandoned <= day.abandoned


def rows_are_written_of_calls_that_are_over_and_never_go_back(exchange: Exchange, switch: Switch) -> None:
    for call, written in switch.rows.items():
        revisions = [revision for revision, _ in written]
        assert revisions == sorted(revisions), (call, revisions)
        assert len({repr(row) for revision, row in written if revision == revisions[-1]}) == 1, call
        assert len({(row.disposition, row.agent, row.ended_at) for _, row in written}) == 1, call
        assert call not in exchange.state.calls or exchange.state.calls[call].stage == Stage.CLOSED


ALWAYS = (
    an_agent_has_at_most_one_offer,
    a_call_rings_no_more_phones_than_its_queue_says,
    an_offer_belongs_to_a_waiting_call_and_has_a_deadline,
    an_agent_offered_or_talking_has_a_call_and_the_call_has_the_agent,
    wrap_up_ends,
    a_rest_and_a_bounded_pause_end,
    who_waits_is_in_a_queue_and_for_a_bounded_time,
    nobody_waits_beside_an_agent_who_could_take_the_call,
    who_is_rung_may_be_and_nobody_ahead_could_have_had_them,
    who_declined_is_not_next_for_the_same_call,
    the_place_in_line_is_the_place_in_the_order,
    a_step_is_only_waited_for_if_somebody_could_meet_it,
    no_call_is_without_a_next_step,
    what_a_caller_hears_is_one_thing,
    we_hang_up_nobody_in_the_middle_of_a_talk,
    a_talk_is_connected_and_recorded,
    who_is_asked_is_in_a_talks_consultation,
    a_paused_recording_goes_on_by_itself,
    nobody_listens_for_voices_but_in_the_menus,
    who_is_dialled_has_a_leg_and_a_deadline,
    a_leg_that_is_over_is_taken_down,
    who_is_dialled_is_not_offered_a_call,
    an_agents_phone_is_taken_by_somebody,
    a_promise_has_one_attempt_at_a_time,
    never_are_more_customers_rung_than_agents_set_aside,
    a_promise_is_in_line_or_has_a_deadline,
    a_queues_day_adds_up,
    rows_are_written_of_calls_that_are_over_and_never_go_back,
)

#: looked at after each step of a search, which may be many events
AFTER_A_STEP = (*ALWAYS, the_routers_lists_are_what_a_new_start_would_make)


def nothing_is_left(exchange: Exchange, switch: Switch) -> None:
    """After everybody hung up and time has passed."""
    state = exchange.state
    assert (state.calls, state.sessions, state.consults, state.timers.due) == ({}, {}, {}, {})
    assert (switch.channels, switch.bridges, switch.lanes, switch.events) == ({}, {}, {}, [])
    idle = (Presence.READY, Presence.LOGGED_OUT, Presence.PAUSED)
    assert all(a.presence in idle and not a.call and not a.session for a in state.agents.values())


def every_call_has_its_row(accepted: set[str], switch: Switch) -> None:
    """After everybody hung up: one row a call, and a conversation has a recording or a reason why not."""
    assert set(switch.rows) == accepted
    for written in switch.rows.values():
        _, row = written[-1]
        assert bool(row.agent) == (row.disposition == "answered"), row
        assert not row.agent or row.recording or row.recording_note, row
        given = row.passed_on.count(":")
        assert given == 0 or row.agent, row
        assert len(set(row.earlier_recordings.split(","))) == len(row.earlier_recordings.split(",")), row
        assert len(row.earlier_recordings.split(",")) <= max(1, given), row
        given_away = row.dial_result == "transferred"
        # an agent gives away a caller who was answered; the flow, one who was not
        assert (row.disposition == "transferred") == (given_away and not row.agent), row
        assert (row.disposition == "connected") <= bool(row.dialled), row
        assert row.dial_result in ("", "answered", "busy", "no_answer", "failed", "transferred"), row
        assert bool(row.dialled) or not row.dial_result, row


def _now(exchange: Exchange) -> Now:
    return Now(
        at=exchange.state.last_at,
        floor=exchange.plan.floor,
        pool=exchange.desk.pool,
        states=exchange.state.agents,
    )


def _calls(exchange: Exchange) -> Iterator[Call]:
    yield from exchange.state.calls.values()


def _on_its_way(call: Call, switch: Switch) -> bool:
    orders = any(o.call == call.id for lane in switch.lanes.values() for o in lane)
    return orders or any(f.get("call") == call.id for _, f in switch.events)
