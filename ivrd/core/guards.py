"""Guards: who is not let into the menus, and what of a call is worth counting though nobody was served.

    guard                who                                            heard                 CDR
    blocked              number on the list `block`                     guard-blocked         refused, blocked
    too_many_calls       more calls than allowed within `window_s`      guard-too-many        refused, too_many_calls
    too_many_hang_ups    hung up at once, so often in `window_s`        guard-too-many        refused, too_many_hang_ups
    no_response          was answered, pressed nothing, reached nobody  what the flow says    as it ended, no_response

With ``heard: false`` those refused are not answered at all: they hear what their network says to
Q.850 cause 21, and pay nothing. Withheld numbers cannot be told apart and are only ever ``no_response``.
VIPs are not counted against. All is kept by number for ``window_s``, and of a bounded number of callers.
"""

from __future__ import annotations

from ivrd.core import numbers
from ivrd.core.cdr import Disposition
from ivrd.core.desk import Desk
from ivrd.core.state import Call, Seen

REJECTED = 21  #: Q.850: call rejected
#: callers remembered; past this the one who was seen first is forgotten
REMEMBERED = 10_000
_SAYS = {"blocked": "guard-blocked", "too_many_calls": "guard-too-many", "too_many_hang_ups": "guard-too-many"}


def is_vip(desk: Desk, number: str) -> bool:
    """The number is on the list of VIPs."""
    return numbers.allowed(number, desk.plan.guards.vip)


def judge(desk: Desk, number: str) -> str:
    """A call arrives: the guard that keeps it out, or "" when it is let in."""
    rules = desk.plan.guards
    if not number:
        return ""
    if numbers.allowed(number, rules.block):
        return "blocked"
    if is_vip(desk, number) or not (rules.calls or rules.hang_ups):
        return ""
    seen = _seen(desk, number)
    if rules.hang_ups and len(seen.hang_ups) >= rules.hang_ups:
        return "too_many_hang_ups"
    if rules.calls:
        if len(seen.calls) >= rules.calls:
            return "too_many_calls"  # not counted: who stops calling is let in after ``window_s``
        seen.calls.append(desk.at)
    return ""


def left(desk: Desk, call: Call) -> None:
    """The caller hung up: at once, in the menus, is remembered."""
    rules = desk.plan.guards
    at_once = desk.at - call.arrived_at <= rules.hang_up_s and call.queued_at is None
    if at_once and rules.hang_ups and call.number and not call.guard and not is_vip(desk, call.number):
        seen = _seen(desk, call.number)
        seen.hang_ups = [*seen.hang_ups, desk.at][-rules.hang_ups :]


def says(guard: str) -> str:
    """The prompt that tells a caller who is kept out."""
    return _SAYS[guard]


def label(call: Call) -> str:
    """What the CDR shows of guards."""
    if call.guard:
        return call.guard
    served = call.queued_at is not None or call.message is not None or call.callback
    closed = call.disposition == Disposition.CLOSED
    return "" if call.pressed or served or closed or call.answered_at is None else "no_response"


def _seen(desk: Desk, number: str) -> Seen:
    """What is remembered of the number, as far as it still counts."""
    known, since = desk.state.seen, desk.at - desk.plan.guards.window_s
    seen = known.setdefault(number, Seen())
    seen.calls = [at for at in seen.calls if at > since]
    seen.hang_ups = [at for at in seen.hang_ups if at > since]
    while len(known) > REMEMBERED:
        del known[next(iter(known))]
    return seen
