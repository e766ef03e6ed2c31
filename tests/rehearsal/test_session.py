"""A sitting at ``ivrd try``, without a terminal: what is typed, and what comes of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import TUESDAY_10, plan

from ivrd.core.plan import Plan
from ivrd.core.state import Stage
from ivrd.rehearsal import sight, trace
from ivrd.rehearsal.outside import OUTCOMES
from ivrd.rehearsal.session import Session
from ivrd.rehearsal.words import WORDS

from .flows import PIN, SECRET

MENU = """
start: hello
nodes:
  hello: {play: {say: [welcome], then: m}}
  m: {menu: {say: [menu-main], keys: {1: q, 2: n, 9: ":repeat"}, otherwise: bye, tries: 2}}
  n: {menu: {say: [menu-data], keys: {1: q, "*": ":back"}, otherwise: bye}}
  q: {queue: {to: help, overflow: bye, after: bye}}
  bye: {hangup: {why: completed}}
"""


def sit(text: str = MENU, the_plan: Plan | None = None, number: str = "") -> Session:
    return Session(the_plan or plan(text=text), "169", TUESDAY_10, number)


def went(session: Session) -> list[str]:
    """Names of the facts that nobody has looked at yet."""
    return [type(f).__name__ for f in session.facts()]


def entered(session: Session) -> list[str]:
    return [f.place for f in session.call.trace if isinstance(f, trace.Entered)]


def test_the_call_is_heard_up_to_the_first_choice() -> None:
    session = sit()
    assert went(session) == ["Dialled", "Entered", "Said", "Entered", "Said"]
    assert sight.now(session.call) == "waits 5 s for a key"
    assert sight.menu(session.call) == {"1": "q", "2": "n", "9": ":repeat"}
    assert went(session) == [], "nothing is told twice"


def test_keys_may_be_typed_ahead_in_one_line_or_with_the_call() -> None:
    for lines in (["21"], ["2", "1"], ["2 1"], ["restart 21"]):
        session = sit()
        for line in lines:
            assert session.type(line) == []
        assert session.call.stage == Stage.QUEUED, lines
        assert entered(session) == ["hello", "m", "n", "q"]


def test_an_empty_line_presses_nothing_until_the_flow_gives_up() -> None:
    session = sit()
    went(session)
    session.type("")
    assert went(session) == ["Silent", "Said"]
    session.type("presses nothing")
    assert went(session) == ["Silent", "Entered", "Ended"]
    with pytest.raises(ValueError, match="the call is over: `restart`"):
        session.type("1")


def test_time_in_which_nothing_happens_is_told_by_the_clock() -> None:
    session = sit()
    assert session.type("wait 1.5 s") == ["10:00:07 waits 3.5 s for a key"]
    assert session.type("wait 20 s") == []
    assert session.call.over


def test_said_again_by_a_word_is_no_way_from_another_node() -> None:
    session = sit()
    session.type("2")
    session.type("*")
    session.type("9")
    ways = [(f.node, f.source) for f in session.call.trace if isinstance(f, trace.Entered)]
    assert ways[-2:] == [("m", ""), ("m", "")]


def test_agents_log_in_decline_answer_and_hang_up() -> None:
    session = sit()
    session.type("1")
    assert session.type("queue")[0].startswith("waits in queue help: place 1, expected wait unknown (nobody")
    went(session)
    assert session.type("log in 101") == ["101 is offered"]
    assert went(session) == ["Rang"]
    assert sight.now(session.call).endswith("place 1, expected wait 0 s; the phone of 101 rings")
    session.type("decline")
    assert went(session) == ["Missed"]
    session.type("")
    assert went(session)[-1] == "Rang", "after a while the same phone rings again"
    session.type("agent answers")
    assert went(session) == ["Talking"]
    session.type("agent hangs up")
    assert went(session) == ["Returned", "Entered", "Ended"]
    session.type("restart 1")
    assert went(session)[-1] == "Rang", "who is logged in stays so"
    assert session.type("log out 101") == ["101 is offered"], "once it is over"
    session.type("restart 1")
    assert went(session)[-1] == "Said"


def test_the_clock_and_the_caller_are_set_by_calling_again() -> None:
    session = sit("start: h\nnodes:\n  h: {hours: {open: a, closed: b}}\n  a: {play: {say: [x], then: b}}\n  b: {hangup: {}}\n", number="0811")
    assert entered(session) == ["h", "a", "b"]
    session.type("at saturday 10:00")
    assert entered(session) == ["h", "b"]
    session.type("from 0812 345")
    first = session.call.trace[0]
    assert isinstance(first, trace.Dialled)
    assert (first.number, first.at) == ("0812345", TUESDAY_10 + 4 * 86400)
    looked = next(f for f in session.call.trace if isinstance(f, trace.Looked))
    assert not looked.state.open


def test_what_the_flow_asks_of_the_outside_is_answered_in_words() -> None:
    session = sit(PIN)
    session.type(f"{SECRET}#")
    assert session.type("ok count=5 status=007") == []
    answered = next(f for f in session.call.trace if isinstance(f, trace.Answered))
    assert answered.values == {"count": 5, "status": "007"}
    weighed = next(f for f in session.call.trace if isinstance(f, trace.Weighed))
    assert (weighed.text, weighed.named, weighed.value) == ("vars.count > 2 && language == 'id'", {"vars.count": 5, "language": "id"}, True)
    assert session.call.stage == Stage.DIALLING
    session.type("answer")
    assert session.call.stage == Stage.CONNECTED
    session.type("agent hangs up")
    before = session.call.at
    session.type("recorded 12")
    assert session.call.at - before == pytest.approx(12 + 3), "the message, and what is said after it"
    session.type("1")
    assert session.call.over
    assert session.type("vars") == ["pin = (masked)", "status = '007'", "count = 5"]
    assert session.type("path") == ["ask > fetch > weigh > call > leave > end"]


def test_values_that_are_left_out_are_made_up_and_said_so() -> None:
    session = sit(PIN)
    session.type(f"{SECRET}#")
    assert session.type("ok status=x") == ["made up: count (or type: ok status=... count=...)"]
    weighed = [f for f in session.call.trace if isinstance(f, trace.Weighed)]
    assert [(w.named, w.value) for w in weighed] == [({"vars.count": 1, "language": "id"}, False), ({"help.ready": 0}, False)]


def test_nobody_answers_in_time() -> None:
    session = sit(PIN)
    session.type(f"{SECRET}#")
    session.type("")
    assert [f.outcome for f in session.call.trace if isinstance(f, trace.Answered)] == ["timeout"]
    assert session.call.over


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("agnets", "did you mean 'agents'?"),
        ("log im 101", "did you mean 'log in'?"),
        ("log in 110", "there is no agent '110': did you mean '101'?"),
        ("log in", "who\\? for example `log in 101`"),
        ("1x", "type keys"),
        ("wait long", "how long\\?"),
        ("wait 25 h", "at most 24 hours"),
        ("at 9999-12-31 10:00", "is too far away: years from 1970 to 2199"),
        ("at someday", "is not a moment"),
        ("dial 196", "no caller reaches us by '196': did you mean '169'"),
        ("answer", "no phone rings"),
        ("agent hangs up", "nobody talks"),
        ("ok", "nothing was asked of the outside"),
        ("restart x", "'x' are no telephone keys"),
    ],
)
def test_what_cannot_be_done_is_told_in_words_and_changes_nothing(line: str, said: str) -> None:
    session = sit()
    went(session)
    with pytest.raises(ValueError, match=said):
        session.type(line)
    assert went(session) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("slo", "did you mean 'slow'"),
        ("recorded 3", "the service 'oss' never ends with 'recorded'"),
        ("ok count=x", "'x' is no int"),
        ("ok cuont=1", "did you mean 'count'"),
        ("ok 5", "name=value"),
    ],
)
def test_an_answer_that_the_service_could_not_give_is_refused(line: str, said: str) -> None:
    session = sit(PIN)
    session.type(f"{SECRET}#")
    with pytest.raises(ValueError, match=said):
        session.type(line)
    assert session.call.asked is not None


LINES = st.one_of(
    st.sampled_from([w.word for w in WORDS if w.word != "quit"]),
    st.builds(" ".join, st.tuples(st.sampled_from([w.word for w in WORDS]), st.sampled_from(["101", "all", "12", "2 min", "sat 10:00", "x", "count=1", "=", "-1", "9" * 12]))),
    st.text(alphabet="0123456789*#", min_size=1, max_size=14),
    st.text(max_size=12),
    st.sampled_from(OUTCOMES),
)


@pytest.mark.parametrize("text", [MENU, PIN])
@given(lines=st.lists(LINES, max_size=12))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_is_done_or_refused_in_words(text: str, lines: list[str]) -> None:
    session = sit(text)
    for line in lines:
        try:
            replies = session.type(line)
        except ValueError as exc:
            replies = [str(exc)]
        assert all(replies)
        assert sight.now(session.call)
    assert not any(isinstance(f, trace.Pressed) and f.keys not in "0123456789*#?" for f in session.call.trace)
