"""What is told of place and wait where agents are shared with other queues: whose turn it is, and minutes that never rise by themselves."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import Playbook, plan

from ivrd.core import outlook
from ivrd.core.acd.model import AcdRules, Agent, Queue
from ivrd.core.acd.presence import Presence
from ivrd.core.commands import PlayPrompt
from ivrd.core.events import ChannelGone, FeatureDialled
from ivrd.core.speech import Number, Prompt
from ivrd.core.state import Stage

DEEP = os.environ.get("IVRD_HYPOTHESIS") == "deep"
PROFILE = settings(max_examples=1000 if DEEP else 100, deadline=None, derandomize=not DEEP, database=None, print_blob=True)
FLOW = """start: b
nodes:
  b: {branch: {cases: [{when: 'caller.number == "1"', then: other}, {when: 'caller.number == "2"', then: third}], otherwise: help}}
  help: {queue: {to: help, overflow: bye}}
  other: {queue: {to: other, overflow: bye}}
  third: {queue: {to: third, overflow: bye}}
  bye: {hangup: {}}
"""
HELP, OTHER, THIRD = "0", "1", "2"


def centre(*agents: Agent, first_after_s: int = 0, **other: object) -> Playbook:
    """``help`` needs a, ``other`` b; ``third`` nothing."""
    facts = {"handling_time_s": 300, "wrap_up_s": 0, "max_wait_s": 36000}
    queues = (
        Queue(id="help", title="Help", skills=("a",), **facts),  # type: ignore[arg-type]
        Queue(id="other", title="Other", skills=("b",), **{**facts, **other}),  # type: ignore[arg-type]
        Queue(id="third", title="Third", **facts),  # type: ignore[arg-type]
    )
    return Playbook(plan(text=FLOW, queues=queues, agents=agents, rules=AcdRules(first_after_s=first_after_s, pause_after_misses=0)))


def agent(number: str, *skills: str) -> Agent:
    return Agent(id=number, name=number, extension=number, skills=skills)


def busy(book: Playbook, *agents: str) -> None:
    """The agents talk to somebody."""
    for who in agents:
        book.log_in(who)
        book.arrive(f"talk-{who}", number=THIRD)
        book.agent_answers(f"talk-{who}")


def dials(book: Playbook, feature: str, who: str) -> None:
    session = f"{feature}-{who}-{book.at}"
    book.tell(FeatureDialled, session=session, extension=who, feature=feature)
    book.tell(ChannelGone, call=session, channel=session)


@dataclass
class Told:
    """An announcement, as heard."""

    keys: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @property
    def next(self) -> bool:
        return "queue-next" in self.keys

    @property
    def longer(self) -> bool:
        return "queue-wait-longer" in self.keys

    @property
    def place(self) -> int:
        return 1 if self.next else self.numbers[0]

    @property
    def minutes(self) -> tuple[int, int] | None:
        """Least and most; None: not a word of it."""
        if "queue-wait-less-than-minute" in self.keys:
            return (0, 1)
        said = self.numbers if self.next else self.numbers[1:]
        return (said[0], said[-1]) if said else None


def told(order: PlayPrompt) -> Told:
    return Told(
        keys=[s.key for s in order.speech if isinstance(s, Prompt)],
        numbers=[s.value for s in order.speech if isinstance(s, Number)],
    )


def next_told(book: Playbook, call: str = "c1") -> Told:
    """What the caller is told next."""
    book.heard(call)
    orders = book.pass_time(45.1)
    (said,) = (c for c in orders if isinstance(c, PlayPrompt) and c.call == call)
    return told(said)


def test_who_is_put_ahead_in_another_queue_is_a_reason_that_is_said() -> None:
    book = centre(agent("101", "a", "b"), priority=9)
    busy(book, "101")
    book.arrive("c1", number=HELP)
    first = told(book.asked(PlayPrompt))
    book.arrive("c2", number=OTHER)
    second = next_told(book)
    assert (first.next, first.longer, second.place, second.longer) == (True, False, 2, True)
    assert first.minutes is not None
    assert second.minutes is not None
    assert second.minutes > first.minutes


def test_the_next_in_line_is_told_so_only_when_no_other_queues_caller_stands_before_at_every_agent() -> None:
    shared, own = agent("101", "a", "b"), agent("102", "a")
    for agents, place in (((shared,), 3), ((shared, own), 1)):
        book = centre(*agents)
        busy(book, *(a.id for a in agents))
        book.arrive("c1", number=OTHER)
        book.arrive("c2", number=OTHER)
        book.arrive("c3", number=HELP)
        assert told(book.asked(PlayPrompt)).place == place


def test_two_of_two_queues_may_stand_before_at_one_agent_each() -> None:
    book = centre(agent("101", "a", "b"), agent("102", "a", "b"), agent("103", "a"))
    busy(book, "101", "102", "103")
    book.arrive("c1", number=OTHER)  # may have 101 and 102
    book.arrive("c2", number=THIRD)  # and any
    book.arrive("c3", number=HELP)
    assert told(book.asked(PlayPrompt)).place == 2  # at 103, after c2
    dials(book, "log_out", "103")
    book.caller_leaves("talk-103")
    assert next_told(book, "c3").place == 3


def test_who_has_waited_so_long_that_priorities_count_no_more_counts_those_before_by_waiting_alone() -> None:
    """c2 comes with much priority when c1 has waited for ten minutes: nobody is before c1, and c1's wait is for one agent, not for two callers."""
    book = centre(agent("101", "a", "b"), first_after_s=600, priority=50)
    busy(book, "101")
    first = book.arrive("c1", number=HELP)
    book.pass_time(700)
    alone = outlook.expected_wait_s(book.exchange.desk, first, first.wait)  # type: ignore[arg-type]
    second = book.arrive("c2", number=OTHER)
    beside = outlook.expected_wait_s(book.exchange.desk, first, first.wait)  # type: ignore[arg-type]
    behind = outlook.expected_wait_s(book.exchange.desk, second, second.wait)  # type: ignore[arg-type]
    assert alone is not None
    assert beside is not None
    assert behind is not None
    assert beside <= alone < behind


def test_neither_end_of_the_range_rises_and_what_does_not_hold_is_not_said() -> None:
    """Talks turn out to be much longer than was thought: no reason that a caller would see."""
    book = centre(agent("101", "a", "b"))
    busy(book, "101")
    book.arrive("c1", number=HELP)
    heard = [told(book.asked(PlayPrompt)).minutes, *(next_told(book).minutes for _ in range(5))]
    for bound in (0, 1):
        ends = [minutes[bound] for minutes in heard if minutes]
        assert len(ends) == 6
        assert ends == sorted(ends, reverse=True)
    today = book.counters("third")
    today.handled, today.handled_s, today.handled_square_s = 100, 100 * 3000.0, 100 * 3000.0**2
    silent = next_told(book)
    assert (silent.next, silent.longer, silent.minutes) == (True, False, None)
    book.arrive("c2", number=OTHER)
    assert next_told(book).minutes is None  # c2 stands behind: still no reason
    today.handled = today.handled_s = today.handled_square_s = 0
    assert next_told(book).minutes == heard[-1]  # it holds again


# --- any floor

SKILLS = st.lists(st.sampled_from("ab"), unique=True)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrives"), st.sampled_from([HELP, OTHER, THIRD])),
        st.tuples(st.just("is answered"), st.integers(0, 5)),
        st.tuples(st.just("talk ends"), st.integers(0, 5)),
        st.tuples(st.sampled_from(["log_in", "log_out", "pause", "resume"]), st.integers(0, 3)),
        st.tuples(st.just("time"), st.sampled_from([10, 45, 60, 200])),
    ),
    min_size=5, max_size=40,
)  # fmt: skip


class Listener:
    """Hears every announcement on any floor, and holds it against what is so at that moment."""

    def __init__(self, book: Playbook) -> None:
        self.book, self.heard, self.seen = book, dict[str, tuple[int, int]](), 0

    def listen(self) -> None:
        """After each event."""
        orders = [c for c in self.book.trace[self.seen :] if isinstance(c, PlayPrompt)]
        self.seen = len(self.book.trace)
        for order in orders:
            call = self.book.exchange.state.calls.get(order.call)
            if call is not None and call.stage == Stage.QUEUED and any(isinstance(s, Prompt) and s.key in ("queue-next", "queue-position-before") for s in order.speech):
                self._minutes(order.call, told(order))
                assert told(order).next == self._is_next(order.call), order

    def _minutes(self, call: str, said: Told) -> None:
        if said.minutes is None:
            return
        desk, state = self.book.exchange.desk, self.book.call(call)
        assert state.wait is not None
        expected_s = outlook.expected_wait_s(desk, state, state.wait)
        assert expected_s is not None
        assert 60 * said.minutes[0] <= expected_s <= 60 * said.minutes[1] or (said.minutes[0] == 1 and expected_s >= 60)
        before = self.heard.get(call)
        if before is not None and not said.longer:
            assert said.minutes[0] <= before[0]
            assert said.minutes[1] <= before[1]
        self.heard[call] = said.minutes

    def _is_next(self, call: str) -> bool:
        """Nobody of the own queue is before, and some agent at work would be given to this caller of all."""
        desk = self.book.exchange.desk
        me = desk.lines.calls[call]
        waiting = sorted(desk.lines.calls.values(), key=lambda w: w.rank(desk.at, desk.plan.floor.rules.first_after_s))
        if next(w for w in waiting if w.queue == me.queue) is not me:
            return False
        floor = desk.plan.floor
        able = [a for a in floor.agents.values() if me.demand.open_to(a.kind)]
        gone = (Presence.LOGGED_OUT, Presence.PAUSED)
        there = [a for a in able if desk.agent(a.id).presence not in gone and desk.agent(a.id).then not in gone]
        firsts = [next(w for w in waiting if w.demand.open_to(a.kind)) for a in there or able]
        return not able or me in firsts


@PROFILE
@given(st.lists(SKILLS, min_size=1, max_size=4), st.sampled_from([0, 1]), st.sampled_from([1.0, 2.0]), st.sampled_from([0, 0, 100]), STEPS)
def test_on_any_floor_neither_end_rises_unless_it_is_said(
    skills: list[list[str]], priority: int, weight: float, first_after_s: int, steps: list[tuple[str, object]]
) -> None:
    agents = [agent(f"10{n}", *of) for n, of in enumerate(skills)]
    book = centre(*agents, first_after_s=first_after_s, priority=priority, weight=weight)
    listener = Listener(book)
    busy(book, *(a.id for a in agents))
    for n, (what, which) in enumerate(steps):
        _step(book, listener, agents, f"c{n}", what, which)
        listener.listen()


def _step(book: Playbook, listener: Listener, agents: list[Agent], call: str, what: str, which: object) -> None:
    calls = book.exchange.state.calls.values()
    if what == "arrives":
        book.arrive(call, number=str(which))
    elif what == "time":
        _time(book, listener, float(str(which)))
    elif what in ("is answered", "talk ends"):
        found = [c.id for c in calls if (c.offer is not None if what == "is answered" else c.stage == Stage.TALKING)]
        if found:
            (book.agent_answers if what == "is answered" else book.caller_leaves)(found[int(str(which)) % len(found)])
    else:
        dials(book, what, agents[int(str(which)) % len(agents)].id)


def _time(book: Playbook, listener: Listener, seconds: float) -> None:
    """Event by event; what is said is heard to its end."""
    until = book.at + seconds
    while (due := book.exchange.state.timers.next()) and due[1] <= until:
        book.pass_time(max(0.0, due[1] - book.at))
        listener.listen()
        for call in [c.id for c in book.exchange.state.calls.values() if c.stage == Stage.QUEUED and c.prompt]:
            book.heard(call)
    book.at = max(book.at, until)
