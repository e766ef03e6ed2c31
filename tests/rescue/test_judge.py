"""Who is moved while ivrd is away, and who is left alone."""

from __future__ import annotations

from ivrd.adapters.bell import Heard
from ivrd.rescue.judge import Away, Held, Patience, Present, Verdict, calls, judge, present


def caller(name: str, bridge: str = "", data: str = "ivrd,call,169") -> Held:
    return Held(name=f"PJSIP/{name}", unique_id=name, state="Up", application="Stasis", data=data, bridge=bridge)


def leg(unique_id: str, state: str = "Up", bridge: str = "") -> Held:
    application = "Stasis" if state == "Up" else "AppDial2"
    return Held(name="PJSIP/101-1", unique_id=unique_id, state=state, application=application, data="ivrd,agent", bridge=bridge)


def test_whoever_waits_alone_goes_to_the_fallback() -> None:
    in_menu, in_line = caller("1.1"), caller("1.2", bridge="1.2.bridge")
    assert judge([in_menu, in_line], "ivrd") == Verdict(to_fallback=(in_menu, in_line))


def test_two_who_talk_are_left_alone() -> None:
    talk = [caller("1.1", "1.1.bridge"), leg("1.1.agent-101.1", bridge="1.1.bridge")]
    assert not judge(talk, "ivrd")


def test_a_phone_that_rings_or_was_answered_for_nobody_is_hung_up() -> None:
    rings, silent = leg("1.1.agent-101.1", "Ringing"), leg("1.2.dial-1", bridge="1.2.bridge")
    assert judge([rings, silent], "ivrd").hang_up == (rings, silent)


def test_a_customer_who_is_called_back_is_a_caller_from_the_answer_on() -> None:
    back = "1.3.callback-1.customer"
    waits, rings = leg(back, bridge="1.3.callback-1.bridge"), leg(back, "Ringing")
    assert judge([waits], "ivrd") == Verdict(to_fallback=(waits,))
    assert judge([rings], "ivrd") == Verdict(hang_up=(rings,))  # for nobody
    assert not judge([waits, rings], "ivrd", Away.FROZEN)
    assert not judge([waits], "another")


def test_both_who_picked_up_for_each_other_and_were_not_connected_wait_alone() -> None:
    customer, agent = leg("1.3.callback-1.customer"), leg("1.3.callback-1.agent-101.1", bridge="1.3.callback-1.bridge")
    assert judge([agent, customer], "ivrd") == Verdict(to_fallback=(customer,), hang_up=(agent,))


def test_a_customer_whom_the_fallback_has_is_not_moved_again() -> None:
    moved = Held(name="PJSIP/trunk-1", unique_id="1.3.callback-1.customer", state="Up", application="Queue", data="ivrd-fallback,,,,20",
                 bridge="")  # fmt: skip
    assert not judge([moved], "ivrd")
    assert present([moved], "ivrd") == Present(callers=set(), others={}, together=set())


def test_a_leg_that_rings_in_the_callers_bridge_is_no_talk() -> None:
    waits = caller("1.1", "1.1.bridge")
    rings = Held(name="PJSIP/101-1", unique_id="ivrd-warm.101.1-1", state="Ringing", application="Stasis",
                 data="ivrd,warm", bridge="1.1.bridge")  # fmt: skip
    assert judge([waits, rings], "ivrd") == Verdict(to_fallback=(waits,), hang_up=(rings,))


def test_a_leg_that_was_made_ahead_is_of_no_use_to_anybody() -> None:
    warm = Held(name="PJSIP/101-1", unique_id="ivrd-warm.101.1-1", state="Down", application="Stasis",
                data="ivrd,warm", bridge="")  # fmt: skip
    assert judge([warm], "ivrd").hang_up == (warm,)


def test_a_phone_that_waits_for_a_feature_code_is_hung_up() -> None:
    phone = caller("1.1", data="ivrd,feature,log_in,101")
    assert judge([phone], "ivrd") == Verdict(hang_up=(phone,))


def test_what_is_not_ours_is_not_touched() -> None:
    others = [
        caller("1.1", data="another,call,169"),
        Held(name="PJSIP/2", unique_id="1.2", state="Up", application="Queue", data="ivrd-fallback", bridge=""),
        Held(name="PJSIP/3", unique_id="1.3", state="Up", application="Dial", data="", bridge="abc"),
    ]
    assert not judge(others, "ivrd")


def test_of_a_frozen_ivrd_only_who_was_not_answered_is_moved() -> None:
    new = Held(name="PJSIP/trunk-9", unique_id="1.9", state="Ring", application="Stasis", data="ivrd,call,169", bridge="")
    code = Held(name="PJSIP/101-2", unique_id="1.8", state="Ring", application="Stasis", data="ivrd,feature,log_in,101", bridge="")
    waits, rings = caller("1.1", "1.1.bridge"), leg("1.1.agent-101.1", "Ringing", "1.1.bridge")
    assert judge([waits, rings, new, code], "ivrd", Away.FROZEN) == Verdict(to_fallback=(new,))
    assert judge([waits, rings, new, code], "ivrd") == Verdict(to_fallback=(waits, new), hang_up=(rings, code))


def looks(after_s: float, *heard: Heard) -> list[Away]:
    """One a second."""
    patience = Patience(after_s, at=100)
    return [patience.look(101 + second, what) for second, what in enumerate(heard)]


def test_patience_ends_after_its_seconds_and_begins_again_with_each_good_look() -> None:
    bad, good = Heard.NOBODY, Heard.IN_COMMAND
    assert looks(3, bad, bad, bad, bad) == [Away.NOT, Away.NOT, Away.LONG, Away.LONG]
    assert looks(3, bad, bad, good, bad, bad, bad) == [Away.NOT] * 5 + [Away.LONG]
    assert looks(3, bad, bad, bad, good, bad) == [Away.NOT, Away.NOT, Away.LONG, Away.NOT, Away.NOT]
    assert looks(2, Heard.NOT_IN_COMMAND, Heard.NOBODY) == [Away.NOT, Away.LONG]


def test_one_that_does_not_answer_is_frozen_much_sooner_than_away() -> None:
    silence = Heard.SILENCE
    assert looks(4, silence, silence, silence, silence) == [Away.NOT, Away.FROZEN, Away.FROZEN, Away.LONG]
    assert looks(9, silence, Heard.NOT_IN_COMMAND, silence, Heard.NOBODY, silence) == [Away.NOT] * 5


def test_a_pause_of_the_machine_is_nobodys_absence() -> None:
    patience = Patience(10, at=100)
    assert patience.look(101, Heard.IN_COMMAND) is Away.NOT
    assert patience.look(901, Heard.NOBODY) is Away.NOT
    assert patience.look(908, Heard.NOBODY) is Away.NOT  # nor is one long look: it counts as two seconds
    assert [patience.look(909 + second, Heard.NOBODY) for second in range(6)] == [Away.NOT] * 5 + [Away.LONG]


def test_who_is_there_and_who_has_company() -> None:
    warm = Held(name="PJSIP/101-1", unique_id="ivrd-warm.101.1-1", state="Up", application="Stasis", data="ivrd,warm", bridge="1.1.bridge")
    back = "1.3.callback-1.customer"
    channels = [
        caller("1.1", "1.1.bridge"), warm,
        caller("1.2", "1.2.bridge"), leg("1.2.agent-101.1", "Ringing", "1.2.bridge"),
        leg(back, bridge="1.3.callback-1.bridge"), leg("1.3.callback-1.agent-102.1", bridge="1.3.callback-1.bridge"),
        leg("1.4.dial-1", bridge="1.4.bridge"),
        caller("1.5", data="another,call,169"),
    ]  # fmt: skip
    there = present(channels, "ivrd")
    assert there.callers == {"1.1", "1.2", back}
    assert there.others == {"1.1": warm, back: channels[5], "1.4": channels[6]}
    assert there.together == {"1.1", back}  # in 1.4 somebody talks to nobody


def test_who_picks_up_alone_talks_to_nobody() -> None:
    """A leg waits in the call's bridge from the beginning; the caller may still listen to an announcement outside."""
    channels = [caller("1.1"), leg("ivrd-warm.101.1-1", bridge="1.1.bridge")]
    there = present(channels, "ivrd")
    assert (there.callers, there.others, there.together) == ({"1.1"}, {"1.1": channels[1]}, set())


def test_whoever_presses_hold_is_known_by_the_bridge() -> None:
    channels = [caller("1.1", "1.1.bridge"), leg("ivrd-warm.101.1-1", bridge="1.1.bridge"), caller("1.2"), caller("1.3", "a-foreign-one")]
    assert calls(channels) == {"1.1": "1.1", "ivrd-warm.101.1-1": "1.1"}
