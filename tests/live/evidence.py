"""What a failed live test leaves to look at: the daemon's log, the walls' events, the phones, the callers' rows, Asterisk's log.

A test that fails once in a hundred runs on another machine can be understood from its report alone, or not at all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from rig import tones
from rig.call import PhoneCall
from tests.live.centre import Centre

_LINES = 80
_WIDE = 400


def evidence(centre: Centre) -> Iterator[tuple[str, str]]:
    """Title and text of each piece, of this test alone where that can be told."""
    yield "walls heard", _lines(
        f"{heard.topic} {heard.payload.decode(errors='replace')}"
        for heard in centre.wall.heard[centre.since :]
        if heard.topic.startswith(("event/", "alert/", "status"))
    )
    yield "phones", _lines(_call(call) for call in centre.phones.calls)
    yield "rows", _lines(_rows(centre))
    yield "ivrd's log", _lines(json.dumps(line, ensure_ascii=False) for line in centre.lines_of_this_test())
    log = centre.site.asterisk_log
    yield "Asterisk's log", _lines(iter(log.read_text(errors="replace").splitlines() if log.exists() else []))


def _rows(centre: Centre) -> Iterator[str]:
    try:
        for number in centre.numbers[-4:]:
            yield from (str({k: v for k, v in row.items() if v not in (None, "", 0)}) for row in centre.rows(number))
    except sqlite3.Error as error:
        yield f"not to be read: {error}"


def _call(call: PhoneCall) -> str:
    state = "over" if call.is_over else "talking" if call.is_talking else "not answered"
    hz = tones.dominant_hz(call.heard_samples(max(0, call.mark - tones.RATE_HZ)))
    return (
        f"with {call.peer_number}: {state} {call.close_reason!r}, says {call.tone_hz:g} Hz, heard {call.mark / tones.RATE_HZ:.2f} s"
        f" (at last {hz:.0f} Hz), digits {call.digits}"
    )


def _lines(lines: Iterator[str]) -> str:
    return "\n".join(line[:_WIDE] for line in [*lines][-_LINES:])
