"""The router, which looks at heads of lines and kinds of agents, gives what a look at everybody gives.

Hypothesis makes floors and callers; the rules are applied as they are written (FILTERS, SCORERS, rank), one agent and one
caller at a time.
"""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from ivrd.core.acd.lines import Lines, Waiting
from ivrd.core.acd.model import AcdRules, Agent, Floor, Queue, Relax, Reserve
from ivrd.core.acd.presence import AgentState, Presence
from ivrd.core.acd.selection import Now, choose, eligible, scores

from .floor import floor, lines, now, offer, waits

DEEP = os.environ.get("IVRD_HYPOTHESIS") == "deep"
PROFILE = settings(max_examples=5000 if DEEP else 300, deadline=None, derandomize=not DEEP, database=None, print_blob=True)
AT = 1000.0
SKILLS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), max_size=3)
ORDERS = st.sampled_from(["longest_idle", "least_occupied", "best_skilled", "most_specific", "round_robin"])
SINCE = st.sampled_from([0.0, 300.0, 400.0, 500.0, 900.0, 990.0])


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    queues = tuple(
        Queue(
            id=name, title=name, skills=draw(SKILLS), preferred=draw(SKILLS), order=draw(ORDERS),
            any_of=tuple(draw(st.lists(SKILLS.filter(bool), max_size=1))), weight=draw(st.sampled_from([1.0, 2.0, 0.5])),
            relax=(Relax(after_s=5, lower={"a": 1}, drop=("b",)), Relax(after_s=9, widen=("q", "leads"))),
            reserve=tuple(draw(st.lists(st.builds(Reserve, skill=st.sampled_from("abc"), keep=st.integers(1, 2), others_after_s=st.sampled_from([5, 200])), max_size=1))),
        )
        for name in "pq"
    )  # fmt: skip
    agents = [
        Agent(id=f"{n}", name="A", skills=draw(SKILLS), languages=draw(st.sampled_from([("id",), ("id", "en")])), leads=draw(st.booleans()))
        for n in range(draw(st.integers(1, 6)))
    ]
    return floor(*agents, queues=queues, rules=AcdRules(first_after_s=draw(st.sampled_from([0, 550]))))


@st.composite
def states(draw: st.DrawFn, of: Floor) -> list[AgentState]:
    presences = st.sampled_from([Presence.READY] * 3 + [Presence.TALKING, Presence.PAUSED])
    return [
        AgentState(
            agent=agent, presence=draw(presences), reachable=draw(st.sampled_from([True, True, True, False])),
            idle_since=draw(SINCE), offered_at=draw(SINCE), busy_s=draw(SINCE), staffed_s=1000.0, since=900.0,
        )
        for agent in of.agents
    ]  # fmt: skip


@st.composite
def callers(draw: st.DrawFn, of: Floor) -> list[Waiting]:
    found = []
    for n in range(draw(st.integers(1, 7))):
        some = st.sampled_from(sorted(of.agents))
        found.append(
            waits(
                of, f"c{n}", draw(st.sampled_from("pq")), language=draw(st.sampled_from(["id", "id", "en"])), step=draw(st.integers(0, 2)),
                since=draw(SINCE), points=draw(st.sampled_from([0.0, 300.0])), ring=draw(st.integers(1, 3)),
                excluded=draw(st.dictionaries(some, st.sampled_from([999.0, 1001.0]), max_size=2)),
                known=draw(st.sampled_from(["", "", "0", "9"])), held_until=draw(st.sampled_from([999.0, 1001.0])),
            )
        )  # fmt: skip
    return found


def by_the_book(call: Waiting, moment: Now) -> AgentState | None:
    """The best eligible agent, of everybody."""
    able = [s for s in moment.states.values() if s.agent in moment.floor.agents and eligible(call, s, moment)]
    return min(able, key=lambda s: ([-score for score in scores(call, s, moment)], s.agent), default=None)


def everything_by_the_book(made: Lines, moment: Now) -> list[tuple[str, str]]:
    """Pairs, found by looking at everybody for each of them."""
    pairs: list[tuple[str, str]] = []
    for rung in (False, True):
        passed: set[str] = set()
        while True:
            left = [c for c in made.calls.values() if (c.rung > 0) == rung and c.rung < c.ring and c.call not in passed]
            if not left:
                break
            call = min(left, key=lambda c: c.rank(moment.at, moment.floor.rules.first_after_s))
            agent = by_the_book(call, moment)
            if agent is None:
                passed.add(call.call)
                continue
            pairs.append((call.call, agent.agent))
            made.rings(call.call, call.rung + 1)
            agent.presence = Presence.OFFERED
            moment.pool.note(agent)
    return pairs


@PROFILE
@given(data=st.data(), of=floors())
def test_the_agent_who_is_chosen_is_the_one_by_the_book(data: st.DataObject, of: Floor) -> None:
    some = data.draw(states(of))
    for call in data.draw(callers(of)):
        assert choose(call, now(of, *some, at=AT)) == by_the_book(call, now(of, *some, at=AT))


@PROFILE
@given(data=st.data(), of=floors())
def test_who_is_offered_to_whom_is_as_by_the_book(data: st.DataObject, of: Floor) -> None:
    def twice() -> tuple[Lines, Now, dict[str, AgentState]]:
        import copy

        mine = copy.deepcopy(some)
        return lines(*copy.deepcopy(waiting)), now(of, *mine, at=AT), {s.agent: s for s in mine}

    some, waiting = data.draw(states(of)), data.draw(callers(of))
    made, moment, known = twice()
    book_lines, book_moment, _ = twice()
    assert offer(made, moment, known) == everything_by_the_book(book_lines, book_moment)


@PROFILE
@given(data=st.data(), of=floors())
def test_a_line_is_in_the_order_of_ranks_whoever_came_and_went(data: st.DataObject, of: Floor) -> None:
    made = Lines()
    for call in data.draw(callers(of)):
        made.put(call)
    for call in data.draw(st.lists(st.sampled_from(sorted(made.calls)), max_size=3)):
        made.drop(call)
    first_after_s = of.rules.first_after_s
    for line in made.queues.values():
        in_order = sorted(line.calls.values(), key=lambda w: w.rank(AT, first_after_s))
        assert list(line.in_order(AT, first_after_s)) == in_order
        assert [line.ahead_of(w, AT, first_after_s) for w in in_order] == list(range(len(in_order)))
        ranks = [w.rank(AT, first_after_s) for w in in_order]
        for rank in (w.rank(AT, first_after_s) for w in made.calls.values() if ranks and w.call not in line.calls):
            assert line.before(rank, AT, first_after_s) == sum(mine < rank for mine in ranks)
    assert sum(len(line.calls) for line in made.open.values()) == len(made.calls)
