"""An agent gives the caller to a queue with the phone's transfer key: two talks, one call, one row."""

from __future__ import annotations

import pytest
from playbook import STRAIGHT, Playbook, flow, order_kinds, plan

from ivrd.core.acd.model import AcdRules, Affinity, Agent, Queue, Reserve
from ivrd.core.cdr import Disposition
from ivrd.core.commands import AnswerTransfer, FinishRecording, HangUp, StartRecording, TransferCall
from ivrd.core.events import ChannelGone, RecordingFailed, RecordingPublished, TransferAsked
from ivrd.core.outlook import position
from ivrd.core.state import Rec, Stage

AGENTS = (
    Agent(id="101", name="Adi", extension="101", skills=("h",)),
    Agent(id="102", name="Ayu", extension="102", skills=("k",)),
)
HELP = Queue(id="help", title="Help", skills=("h",), wrap_up_s=30)


def talking(
    kbli: Queue | None = None,
    help_: Queue = HELP,
    agents: tuple[Agent, ...] = AGENTS,
    text: str = STRAIGHT,
    more: tuple[Queue, ...] = (),
) -> tuple[Playbook, str]:
    """Caller c1 talks to 101, who came to it through `help`; `kbli` is to be had at 801, where 102 is ready."""
    kbli = kbli or Queue(id="kbli", title="KBLI", skills=("k",), extension="801", wrap_up_s=10)
    the_plan = plan(text=text, queues=(help_, kbli, *more), agents=agents, rules=AcdRules(reoffer_after_s=10))
    the_plan.dids["170"] = "kbli"
    the_plan.add(flow("start: q\nnodes:\n  q: {queue: {to: kbli, overflow: bye}}\n  bye: {hangup: {}}\n", name="kbli"))
    book = Playbook(the_plan)
    book.log_in("101")
    book.log_in("102")
    book.arrive()
    return book, book.agent_answers()


def pass_on(book: Playbook, leg: str, to: str = "801", after_s: float = 60.0) -> None:
    book.tell(TransferAsked, call="c1", leg=leg, to=to, after_s=after_s)


def test_the_first_talk_ends_and_the_second_begins() -> None:
    book, leg = talking()
    pass_on(book, leg)
    assert order_kinds(book.last)[:3] == ["AnswerTransfer", "FinishRecording", "HangUp"]
    assert book.asked(AnswerTransfer) == AnswerTransfer(call="c1", leg=leg, taken=True)
    assert book.asked(FinishRecording) == FinishRecording(call="c1", name="2026/11/24/c1", expected_ms=60_000)
    assert book.asked(HangUp).channel == leg, "the caller stays"
    assert book.asked_none(TransferCall), "and stays ours"
    assert (book.presence("101"), book.presence("102")) == ("wrap_up", "offered")
    assert book.offers() == [("c1", "102")]
    book.tell(ChannelGone, call="c1", channel=leg)
    book.agent_answers()
    assert book.asked(StartRecording).name == "2026/11/24/c1.talk-2"
    assert (book.call().stage, book.presence("102")) == (Stage.TALKING, "talking")
    assert book.told("call_passed_on") == [{"queue": "help", "agent": "101", "to": "kbli"}]


def test_who_declined_the_caller_a_moment_ago_is_not_asked_by_the_queue_that_the_caller_is_given_to() -> None:
    both = Agent(id="103", name="Bayu", extension="103", skills=("h", "k"))
    the_plan = plan(queues=(HELP, Queue(id="kbli", title="KBLI", skills=("k",), extension="801")), agents=(AGENTS[0], both), rules=AcdRules(reoffer_after_s=60))
    book = Playbook(the_plan)
    book.log_in("103", "101")
    declined = book.arrive().offer
    assert declined is not None
    book.tell(ChannelGone, call="c1", channel=declined.leg, cause=21)
    pass_on(book, book.agent_answers(), after_s=30.0)
    assert (book.call().queue, book.call().offer) == ("kbli", None)
    book.pass_time(29)
    assert book.offers() == [("c1", "103")]


def test_one_row_with_both_talks() -> None:
    book, leg = talking()
    pass_on(book, leg)
    book.tell(ChannelGone, call="c1", channel=leg)
    book.agent_answers(after_s=5.0)
    book.tell(RecordingPublished, call="c1", name="2026/11/24/c1", path="2026/11/24/c1.wav", duration_ms=60_000, sha256="aa")
    assert book.call().recording.state == Rec.ASKED, "the second one is not the first"
    book.pass_time(40)  # 101's wrap-up ends during the second talk
    assert book.presence("101") == "ready"
    book.caller_leaves(after_s=10.0)
    assert book.asked(FinishRecording).name == "2026/11/24/c1.talk-2"
    book.tell(RecordingPublished, call="c1", name="2026/11/24/c1.talk-2", path="2026/11/24/c1.talk-2.wav", duration_ms=1, sha256="bb")
    book.wind_up()
    row = book.rows()[-1]
    assert (row.queue, row.agent, row.disposition, row.passed_on) == ("kbli", "102", Disposition.ANSWERED, "help:101")
    assert (row.recording, row.earlier_recordings) == ("2026/11/24/c1.talk-2.wav", "2026/11/24/c1.wav")
    assert row.recording_sha256 == "bb"
    assert (row.wait_ms, row.offers) == (5010, 2)
    assert 50_000 <= row.talk_ms < 50_100
    assert 90_000 <= row.earlier_ms < 90_100, "a minute's talk and half a minute's wrap-up"
    assert row.handled_ms == row.talk_ms + row.wrap_up_ms + row.earlier_ms
    assert (book.counters("help").handled, round(book.counters("help").handled_s)) == (1, 90)
    assert (book.counters("kbli").handled, round(book.counters("kbli").handled_s)) == (1, 60)
    assert (book.counters("kbli").offered, book.counters("kbli").answered) == (1, 1)


def test_the_row_waits_for_the_first_recording_and_the_first_wrap_up() -> None:
    book, leg = talking(help_=Queue(id="help", title="Help", skills=("h",), wrap_up_s=300))
    pass_on(book, leg)
    book.agent_answers()
    book.caller_leaves(after_s=5.0)
    book.tell(ChannelGone, call="c1", channel=leg)
    book.tell(ChannelGone, call="c1", channel="c1.agent-102.2")
    book.tell(RecordingPublished, call="c1", name="2026/11/24/c1.talk-2", path="b.wav", duration_ms=1, sha256="b")
    assert book.rows() == [], "the first talk's file is not there yet"
    book.tell(RecordingPublished, call="c1", name="2026/11/24/c1", path="a.wav", duration_ms=1, sha256="a")
    assert (book.rows()[-1].recording, book.rows()[-1].earlier_recordings) == ("b.wav", "a.wav")
    book.pass_time(20)  # 102 has wrapped up, 101 has not
    book.write_cdrs()
    assert book.exchange.state.calls, "a last row is to come"
    book.pass_time(300)
    assert book.rows()[-1].earlier_ms >= 360_000
    book.write_cdrs()
    assert book.exchange.state.calls == {}


def test_the_first_recording_is_asked_for_again_when_nobody_says_what_became_of_it() -> None:
    book, leg = talking()
    pass_on(book, leg)
    book.agent_answers()
    book.tell(RecordingFailed, call="c1", name="2026/11/24/c1.talk-2", reason="disk full")
    book.caller_leaves()
    for channel in (leg, "c1.agent-102.2"):
        book.tell(ChannelGone, call="c1", channel=channel)
    again = [o for o in book.pass_time(61) if isinstance(o, FinishRecording)]
    assert again == [FinishRecording(call="c1", name="2026/11/24/c1", expected_ms=60_000)]
    book.pass_time(400)
    assert book.rows()[-1].recording_note == "no answer from the archive; disk full"


def test_who_is_given_to_a_queue_does_not_wait_twice() -> None:
    """102 is busy; c2 has waited for a minute when c1, who came before, joins."""
    book, leg = talking()
    take_102(book)
    arrive_at_kbli(book, "c2")
    pass_on(book, leg)
    assert book.offers() == []
    assert places(book, "c1", "c2") == [1, 2]
    assert book.call().wait is not None
    assert book.call().wait.since == book.at, "what walls and the row call waiting begins now"


def test_unless_the_queue_says_so() -> None:
    kbli = Queue(id="kbli", title="KBLI", skills=("k",), extension="801", transfer_keeps_time=False)
    book, leg = talking(kbli)
    take_102(book)
    arrive_at_kbli(book, "c2")
    pass_on(book, leg)
    assert places(book, "c2", "c1") == [1, 2]


def test_a_priority_for_them_counts_on_top() -> None:
    kbli = Queue(id="kbli", title="KBLI", skills=("k",), extension="801", transfer_keeps_time=False, priority=1, transfer_priority=1)
    book, leg = talking(kbli)
    take_102(book)
    arrive_at_kbli(book, "c2")
    pass_on(book, leg)
    assert places(book, "c1", "c2") == [1, 2]
    assert book.call().wait is not None
    assert book.call().wait.priority == 2


@pytest.mark.parametrize(
    ("kbli", "why"),
    [
        (Queue(id="kbli", title="K", skills=("k",), extension="801", max_waiting=0), "full"),
        (Queue(id="kbli", title="K", skills=("nobody-has-it",), extension="801", without_agents="leave"), "nobody"),
    ],
)
def test_a_queue_that_would_not_take_the_caller_is_refused_and_the_talk_goes_on(kbli: Queue, why: str) -> None:
    book, leg = talking(kbli)
    pass_on(book, leg)
    assert order_kinds(book.last) == ["AnswerTransfer"]
    assert book.asked(AnswerTransfer).taken is False
    assert (book.call().stage, book.call().queue, book.presence("101")) == (Stage.TALKING, "help", "talking")
    assert book.told("transfer_refused") == [{"queue": "help", "agent": "101", "why": why}]
    assert (book.counters("kbli").offered, book.call().passed_on) == (0, [])


def test_nobody_is_given_to_a_queue_without_an_extension() -> None:
    book, leg = talking(Queue(id="kbli", title="KBLI", skills=("k",)))
    for to in ("", "801", "kbli"):
        pass_on(book, leg, to)
        assert book.asked(AnswerTransfer).taken is False


def test_who_gave_the_caller_away_is_asked_after_the_others_only() -> None:
    """To a queue that both serve: 101 is ready after 30 s, and gets the caller 10 s later when 102 has not taken it."""
    both = tuple(Agent(id=a.id, name=a.name, extension=a.extension, skills=("h", "k")) for a in AGENTS)
    book, leg = talking(agents=both)
    take_102(book)
    pass_on(book, leg)
    offers = [o for o in book.pass_time(39.9) if type(o).__name__ == "OfferCall"]
    assert (offers, book.presence("101")) == ([], "ready")
    book.pass_time(0.2)
    assert book.offers() == [("c1", "101")]


def test_who_hangs_up_while_waiting_again_was_answered_and_abandoned_the_queue() -> None:
    book, leg = talking()
    take_102(book)
    pass_on(book, leg)
    book.caller_leaves(after_s=20.0)
    book.tell(ChannelGone, call="c1", channel=leg)
    book.tell(RecordingPublished, call="c1", name="2026/11/24/c1", path="a.wav", duration_ms=1, sha256="a")
    row = book.rows()[-1]
    assert (row.disposition, row.agent, row.queue, row.passed_on) == (Disposition.ANSWERED, "101", "kbli", "help:101")
    assert (row.recording, row.earlier_recordings, row.earlier_ms, row.wait_ms) == ("a.wav", "", 0, 20_000)
    assert book.counters("kbli").abandoned == 1


def test_a_queue_that_does_not_keep_the_caller_leads_back_to_the_flow() -> None:
    text = STRAIGHT.replace("sorry: {play: {say: [queue-overflow], then: bye}}", "sorry: {queue: {to: help, overflow: bye}}")
    book, leg = talking(Queue(id="kbli", title="KBLI", skills=("k",), extension="801", max_wait_s=20), text=text)
    take_102(book)
    pass_on(book, leg)
    book.pass_time(21)
    assert (book.call().stage, book.call().queue, book.call().overflows) == (Stage.QUEUED, "help", ["kbli:waited"])
    book.pass_time(12)
    book.agent_answers()
    assert book.call().talk is not None
    assert (book.call().talk.agent, len(book.call().earlier)) == ("101", 1)


def test_passed_on_twice_is_three_talks() -> None:
    help_ = Queue(id="help", title="Help", skills=("h",), extension="800", wrap_up_s=0)
    book, leg = talking(help_=help_)
    pass_on(book, leg)
    second = book.agent_answers()
    pass_on(book, second, to="800")
    third = book.agent_answers()
    assert third.startswith("c1.agent-101.")
    assert book.asked(StartRecording).name == "2026/11/24/c1.talk-3"
    assert (book.call().passed_on, len(book.call().earlier)) == (["help:101", "kbli:102"], 2)


def test_who_has_the_caller_again_wraps_up_again() -> None:
    """101 talks, gives the caller to 102, who gives them back: the row has the wrap-up of both of 101's talks."""
    help_ = Queue(id="help", title="Help", skills=("h",), extension="800", wrap_up_s=5)
    book, leg = talking(help_=help_)
    pass_on(book, leg)
    second = book.agent_answers()
    book.pass_time(10)
    pass_on(book, second, to="800")
    third = book.agent_answers()
    book.caller_leaves(after_s=10.0)
    for channel in (leg, second, third):
        book.tell(ChannelGone, call="c1", channel=channel)
    for rec in book.call().recordings:
        book.tell(RecordingPublished, call="c1", name=rec.name, path=f"{rec.name}.wav", duration_ms=1, sha256="a")
    book.pass_time(20)
    row = book.rows()[-1]
    assert 5000 <= row.wrap_up_ms < 5100
    assert row.earlier_recordings == "2026/11/24/c1.wav,2026/11/24/c1.talk-2.wav"
    book.write_cdrs()
    assert book.exchange.state.calls == {}


def test_one_recording_is_there_and_the_other_is_asked_for_again() -> None:
    book, leg = talking()
    pass_on(book, leg)
    second = book.agent_answers()
    book.caller_leaves()
    for channel in (leg, second):
        book.tell(ChannelGone, call="c1", channel=channel)
    book.tell(RecordingPublished, call="c1", name="2026/11/24/c1.talk-2", path="b.wav", duration_ms=1, sha256="b")
    again = [o for o in book.pass_time(61) if isinstance(o, FinishRecording)]
    assert [o.name for o in again] == ["2026/11/24/c1"]


def test_who_is_given_away_is_not_held_for_the_agent_who_did_so() -> None:
    """Though the queue leads callers to whom they know: 101 talks to somebody else by now, 102 is free."""
    kbli = Queue(id="kbli", title="KBLI", skills=("k",), extension="801", wrap_up_s=0, affinity=Affinity(hold_s=300))
    both = tuple(Agent(id=a.id, name=a.name, extension=a.extension, skills=("h", "k")) for a in AGENTS)
    book, leg = talking(kbli, agents=both)
    take_102(book)
    pass_on(book, leg)
    book.pass_time(35)
    book.arrive("c3", number="0819")
    book.agent_answers("c3")
    book.pass_time(10)
    book.caller_leaves("busy")
    offer = book.call().offer
    assert offer is not None
    assert offer.agent == "102"


def test_the_flows_other_ways_out_lead_out_of_the_second_queue_too() -> None:
    text = STRAIGHT.replace("overflow: sorry}}", "overflow: sorry, waited: again}}") + "  again: {queue: {to: help, overflow: bye}}\n"
    book, leg = talking(Queue(id="kbli", title="KBLI", skills=("k",), extension="801", max_wait_s=20), text=text)
    take_102(book)
    pass_on(book, leg)
    book.pass_time(21)
    assert (book.call().stage, book.call().queue) == (Stage.QUEUED, "help")


def test_agents_kept_for_other_queues_are_asked_when_the_whole_wait_is_long_enough() -> None:
    """The first queue's time counts: 102, kept for callers of `scarce` for a minute, is rung a minute after c1 came."""
    kept = Agent(id="102", name="Ayu", extension="102", skills=("k", "s"))
    long = Queue(id="help", title="Help", skills=("h",), wrap_up_s=300)  # nobody else moves meanwhile
    book, leg = talking(help_=long, agents=(AGENTS[0], kept), more=(Queue(id="scarce", title="S", skills=("s",), reserve=(Reserve(skill="s", others_after_s=60),)),))
    pass_on(book, leg, after_s=30.0)
    assert book.offers() == []
    book.pass_time(28)
    assert book.call().offer is None
    book.pass_time(2)
    assert book.call().offer is not None


def take_102(book: Playbook) -> None:
    """Another caller talks to 102."""
    arrive_at_kbli(book, "busy")
    book.agent_answers("busy")
    assert book.presence("102") == "talking"


def arrive_at_kbli(book: Playbook, name: str) -> None:
    """A caller whom another number's flow leads to `kbli`."""
    book.arrive(name, did="170", number=f"0812{name}")


def places(book: Playbook, *calls: str) -> list[int]:
    """Their places in line."""
    return [position(book.exchange.desk, book.call(call)) for call in calls]
