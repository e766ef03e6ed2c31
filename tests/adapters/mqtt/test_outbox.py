"""What waits for the broker: latest state wins, events are bounded, neither starves the other."""

from __future__ import annotations

from ivrd.adapters.mqtt.outbox import Message, Outbox


def drained(outbox: Outbox) -> list[tuple[str, bytes]]:
    taken = []
    while (message := outbox.take()) is not None:
        taken.append((message.topic, message.payload))
    return taken


def test_the_latest_state_of_a_topic_wins() -> None:
    outbox = Outbox(10)
    for n in range(1000):
        outbox.put_state("a", b"%d" % n)
    outbox.put_state("b", b"x")
    assert drained(outbox) == [("a", b"999"), ("b", b"x")]


def test_all_states_go_out_again_after_a_reconnect() -> None:
    outbox = Outbox(10)
    outbox.put_state("a", b"1")
    outbox.put_state("b", b"2")
    drained(outbox)
    outbox.again()
    assert drained(outbox) == [("a", b"1"), ("b", b"2")]


def test_the_oldest_event_goes_and_is_counted() -> None:
    outbox = Outbox(3)
    for n in range(5):
        outbox.put_event("e", b"%d" % n)
    assert outbox.dropped == 2
    assert [p for _, p in drained(outbox)] == [b"2", b"3", b"4"]


def test_states_and_events_take_turns() -> None:
    outbox = Outbox(10)
    for n in range(3):
        outbox.put_state(f"s{n}", b"")
        outbox.put_event(f"e{n}", b"")
    assert sorted(t for t, _ in drained(outbox)[:2]) == ["e0", "s0"]


def test_what_did_not_arrive_is_next_again() -> None:
    outbox = Outbox(2)
    outbox.put_event("e", b"1")
    message = outbox.take()
    assert message is not None
    outbox.put_event("e", b"2")
    outbox.put_back(message)
    assert [p for _, p in drained(outbox)] == [b"1", b"2"]


def test_an_event_that_comes_back_to_a_full_outbox_is_dropped_and_counted() -> None:
    outbox = Outbox(1)
    outbox.put_event("e", b"2")
    outbox.put_back(Message("e", b"1", retain=False))
    assert outbox.dropped == 1
    assert [p for _, p in drained(outbox)] == [b"2"]


def test_of_those_that_come_back_to_a_full_outbox_the_ones_that_matter_stay() -> None:
    outbox = Outbox(3)
    back = [Message(f"back-{n}", b"", retain=False, matters=matters) for n, matters in enumerate((True, False, True))]
    for n in range(3):
        outbox.put_event(f"new-{n}", b"")
    for message in reversed(back):
        outbox.put_back(message)
    assert outbox.dropped == 3
    assert [topic for topic, _ in drained(outbox)] == ["back-0", "back-2", "new-2"]


def test_an_event_that_does_not_matter_takes_no_place_of_one_that_does() -> None:
    outbox = Outbox(2)
    for n in range(2):
        outbox.put_event(f"call_ended-{n}", b"", matters=True)
    outbox.put_event("minor", b"")
    assert outbox.dropped == 1
    assert [topic for topic, _ in drained(outbox)] == ["call_ended-0", "call_ended-1"]


def test_a_state_that_comes_back_does_not_hide_a_newer_one() -> None:
    outbox = Outbox(1)
    outbox.put_state("s", b"old")
    message = outbox.take()
    assert message is not None
    outbox.put_state("s", b"new")
    outbox.put_back(message)
    assert drained(outbox) == [("s", b"new")]


def test_a_forgotten_topic_is_not_ours_and_not_sent() -> None:
    outbox = Outbox(1)
    outbox.put_state("s", b"1")
    message = outbox.take()
    assert message is not None
    outbox.put_state("s", b"2")
    outbox.forget("s")
    outbox.put_back(message)
    assert not outbox.knows("s")
    assert drained(outbox) == []


def test_events_that_matter_go_last_and_all_stay_in_their_order() -> None:
    outbox = Outbox(events_max=4)
    for n in range(3):
        outbox.put_event(f"event/minor-{n}", b"")
        outbox.put_event(f"event/call_ended-{n}", b"", matters=True)
    assert outbox.dropped == 2
    outbox.put_event("event/call_ended-3", b"", matters=True)
    outbox.put_event("event/call_ended-4", b"", matters=True)  # nothing else is left to give up
    assert outbox.events == 4
    first = outbox.take()
    assert first is not None
    outbox.put_back(first)
    sent = []
    while (message := outbox.take()) is not None:
        sent.append(message.topic)
    assert sent == [f"event/call_ended-{n}" for n in (1, 2, 3, 4)]
    assert outbox.dropped == 4
