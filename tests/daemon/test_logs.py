"""What of a caller stands in the log."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import structlog

from ivrd.core.events import CallArrived, ConsultDialled
from ivrd.daemon import logs
from ivrd.daemon.logs import mask_numbers, mask_texts


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"caller_number": "08123456789"}, {"caller_number": "********789"}),
        ({"number": "169"}, {"number": "169"}),  # too short to be a caller's
        ({"caller_name": "Siti Aminah"}, {"caller_name": "*"}),
        ({"caller_name": ""}, {"caller_name": ""}),
        ({"agent": "101", "name": "record"}, {"agent": "101", "name": "record"}),
    ],
)
def test_numbers_keep_their_end_and_names_nothing(told: dict[str, Any], shown: dict[str, Any]) -> None:
    assert mask_numbers(None, "info", told) == shown


ARRIVED = CallArrived(at=1764000000.25, call="1764000000.12", did="169", caller_number="0812-345-6789", caller_name="Siti Aminah")
FRAME = json.dumps(
    {
        "type": "ChannelDtmfReceived",
        "timestamp": "2026-11-24T03:00:00.123+0000",
        "channel": {
            "id": "1764000000.12",
            "name": "PJSIP/trunk-00000012",
            "caller": {"name": "Siti \"Ami\" Aminah", "number": "08123456789"},
            "connected": {"name": "Budi", "number": "+628987654321"},
        },
    }
)


@pytest.mark.parametrize(
    ("key", "told", "kept"),
    [
        ("fact", repr(ARRIVED), ["CallArrived(at=1764000000.25", "call='1764000000.12'", "did='169'", "789"]),
        ("fact", repr(ConsultDialled(at=1.5, channel="1764000000.12", extension="101", to="08123456789")), ["********789", "extension='101'"]),
        ("frame", FRAME, ["2026-11-24T03:00:00.123+0000", '"id": "1764000000.12"', "PJSIP/trunk-00000012"]),
        ("frame", FRAME[: FRAME.index("456789")], ["PJSIP/trunk-00000012"]),  # cut off in the middle of the number
        ("message", "<Message Event='NewCallerid' Uniqueid='1764000000.12' CallerIDNum='08123456789' CallerIDName='Siti Aminah'>", ["Uniqueid='1764000000.12'"]),
        ("message", "Event: Newchannel\r\nCallerIDNum: 08123456789\r\nCallerIDName: Siti Aminah\r\nExten: 169", ["Exten: 169"]),
        ("text", "cannot dial PJSIP/08123456789@trunk", ["cannot dial PJSIP/********789@trunk"]),
        ("error", "KeyError('+628123456789')", ["KeyError("]),
        ("exception", "ValueError: 08123456789 at <object at 0x7f8985953d50>", ["<object at 0x7f8985953d50>"]),
    ],
)
def test_free_texts_hold_no_number_and_no_name(key: str, told: str, kept: list[str]) -> None:
    shown = mask_texts(None, "error", {key: told})[key]
    for secret in ("0812", "345-6789", "628", "Siti", "Aminah", "Budi", "898765"):
        assert secret not in shown
    for text in kept:
        assert text in shown


@pytest.mark.parametrize(("log_callers", "there"), [(False, False), (True, True)])
def test_what_the_whole_chain_writes(capsys: pytest.CaptureFixture[str], log_callers: bool, there: bool) -> None:
    """Also of an exception, whose text is made on the way, and of what a library says."""
    before = structlog.get_config(), logging.getLogger().handlers[:]
    try:
        logs.configure("info", log_callers=log_callers)
        try:
            raise ValueError("no 08123456789")
        except ValueError:
            structlog.get_logger("test").exception("core failed", fact=repr(ARRIVED))
        logging.getLogger("library").error("no route to 08123456789")
    finally:
        structlog.configure(**before[0])
        logging.getLogger().handlers[:] = before[1]
    lines = capsys.readouterr().err.strip().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["core failed", "library"]
    for line in lines:
        assert ("08123456789" in line) == there
    assert ("Siti" in lines[0]) == there
