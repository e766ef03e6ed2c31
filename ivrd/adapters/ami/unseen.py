"""PURE: notes on calls that ivrd never saw, as the dialplan leaves them in Asterisk's database."""

from __future__ import annotations

from ivrd.ports import UNSEEN_FAMILY, Unseen

NUMBER_LIMIT = 80  #: characters that are kept; a number has 15 (E.164)


def parse(key: str, value: str) -> Unseen | None:
    """``/ivrd-unseen/1764.12`` and ``169~arrived~answered~ended~number``; None when it is not one of those."""
    family, _, call = key.strip("/").partition("/")
    words = value.split("~", 4)  # the number comes from outside, and last: what it holds moves nothing
    if family != UNSEEN_FAMILY or not call or len(words) != 5:
        return None
    did, arrived, answered, ended, number = words
    try:
        return Unseen(
            call=call,
            did=did,
            caller_number="".join(c for c in number if c.isprintable())[:NUMBER_LIMIT],
            arrived_at=float(arrived),
            answered_at=float(answered) if answered else None,
            ended_at=float(ended),
        )
    except ValueError:
        return None
