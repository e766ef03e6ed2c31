"""Messages and actions as panoramisk would have them."""

from __future__ import annotations

import asyncio

import pytest
from panoramisk.actions import Action
from panoramisk.message import Message

from ivrd.adapters.ami.messages import Order, read

BLOCKS = [
    "Response: Success\r\nActionID: 7\r\nMessage: Variable Set",
    "Response: Error\r\nActionID: 7\r\nMessage: No such channel",
    "Response: Success\r\nActionID: 7",
    "Response: Success\r\nActionID: 7\r\nVariable: IVRD_MONITOR\r\nValue: ",
    "Response: Success\r\nActionID: 7\r\nEventList: start\r\nMessage: A listing of Contacts follows",
    "Event: DeviceStateChange\r\nPrivilege: call,all\r\nDevice: PJSIP/101\r\nState: BUSY",
    "Event: ContactStatus\r\nURI: sip:a: b\r\nEndpointName: 101\r\nEndpointName: 102",
    "Event: X\r\nno colon here\r\nA: 1",
    "Event: AsyncAGI\r\nResult: 200%20result%3D0",
    "Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: Authentication accepted",
    "Response: Follows\r\nActionID: 7\r\nbody: of a command",
    "no message at all",
    "",
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_means_what_it_means_to_panoramisk(block: str) -> None:
    ours, theirs = read(block), Message.from_line(block)
    if theirs is None:
        assert ours is None
        return
    assert ours is not None
    assert dict(ours) == dict(theirs)
    assert (ours.id, ours.success, ours.event, ours.message, ours.nothing) == (
        theirs.id, theirs.success, theirs.event, theirs.message, ""
    )  # fmt: skip


@pytest.mark.parametrize(
    "answers",
    [
        *[[block] for block in BLOCKS[:4]],
        [BLOCKS[4], "Event: ContactList\r\nActionID: 7", "Event: ContactListComplete\r\nActionID: 7\r\nEventList: Complete"],
        [BLOCKS[4]],
        ["Response: Success\r\nActionID: 7\r\nEventList: start", "Event: DeviceStateListComplete\r\nActionID: 7"],
        ["Response: Success\r\nActionID: 7\r\nSubEvent: Start", "Event: X\r\nActionID: 7\r\nSubEvent: End"],
        ["Response: Success\r\nActionID: 7\r\nMessage: Result will follow", "Event: DBGetTreeComplete\r\nActionID: 7"],
    ],
)
async def test_an_order_is_answered_when_panoramisk_s_action_would_be(answers: list[str]) -> None:
    ours, theirs = Order("Setvar", {"Variable": "X", "Value": ""}), Action({"Action": "Setvar"})
    for answer in answers:
        message = read(answer)
        assert message is not None
        assert bool(ours.add_message(message)) == bool(theirs.add_message(message))
    assert ours.future.done() == theirs.future.done()
    if ours.future.done():
        assert ours.future.result() == theirs.future.result()


async def test_what_is_sent_is_what_panoramisk_would_send() -> None:
    fields = {"Variable": "DEVICE_STATE(Custom:a)", "Value": "INUSE"}
    order = Order("Setvar", fields)
    assert order.text.decode() == str(Action({"Action": "Setvar", "ActionID": order.id, **fields}))
    assert Order("Ping", {}).id != Order("Ping", {}).id


async def test_a_late_answer_is_harmless() -> None:
    order = Order("Ping", {})
    order.future.cancel()
    message = read("Response: Success\r\nActionID: 7")
    assert message is not None
    order.add_message(message)
    await asyncio.sleep(0)
    assert order.future.cancelled()
