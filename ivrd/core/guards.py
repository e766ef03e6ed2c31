"""Guards: who is not let into the menus, and what of a call is worth counting though nobody was served.

    guard                who                                            heard                 CDR
    blocked              number on the list `block`                     guard-blocked         refused, blocked
    too_many_calls       more calls than allowed within `window_s`      guard-too-many        refused, too_many_calls
    too_many_hang_ups    hung up at once, so often in `window_s`        guard-too-many        refused, too_many_hang_ups
    trunk_full           found no channel (admission.py)                trunk.full_says       refused, trunk_full
    too_many_silent      as no_response, so often in `window_s`         guard-too-many        refused, too_many_silent
    no_response          was answered, no key (no voice), no service    what the flow says    as it ended, no_response
    no_key               the same, but a voice was heard                what the flow says    as it ended, no_key

With ``heard: false``, or when callers need the channel (admission.py), those refused are not answered at all: they hear
what their network says to Q.850 cause 21, and pay nothing. Voices are listened for only when `silent` is set (voices.py); else keys alone count. Withheld numbers cannot be told apart and are only ever ``no_response``.
VIPs are not counted against. All is kept by number for ``window_s``, and of a bounded number of callers.
"""

from __future__ import annotations

from ivrd.core import admission, numbers
from ivrd.core.cdr import Disposition
from ivrd.core.desk import Desk
from ivrd.core.state import Call, Seen

REJECTED = 21  #: Q.850: call rejected
#: callers remembered; past this the one who was seen first is forgotten
REMEMBERED = 10_000
_SAYS = {"blocked": "guard-blocked", "too_many_calls": "guard-too-many", "too_many_hang_ups": "guard-too-many", "too_many_silent": "guard-too-many"}


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
    if is_vip(desk, number) or not (rules.calls or rules.hang_ups or rules.silent):
        return ""
    seen = _seen(desk, number)
    if rules.hang_ups and len(seen.hang_ups) >= rules.hang_ups:
        return "too_many_hang_ups"
    if rules.silent and len(seen.silent) >= rules.silent:
        return "too_many_silent"
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


def over(desk: Desk, call: Call) -> None:
    """The call has ended: one without a key and without a voice is remembered, if both were looked for all the time."""
    silent = desk.plan.guards.silent
    if silent and call.listened and call.number and label(call) == "no_response" and not is_vip(desk, call.number):
        seen = _seen(desk, call.number)
        seen.silent = [*seen.silent, desk.at][-silent:]


def says(desk: Desk, guard: str) -> str:
    """The prompt that tells a caller who is kept out; "": not even answered."""
    if guard == admission.FULL:
        return admission.says(desk)
    return _SAYS[guard] if desk.plan.guards.heard and admission.may_be_told(desk) else ""


def cause(desk: Desk, guard: str) -> int:
    """Q.850 of the hang-up that keeps a caller out."""
    return desk.plan.trunk.full_cause if guard == admission.FULL else REJECTED


def label(call: Call) -> str:
    """What the CDR shows of guards."""
    if call.guard:
        return call.guard
    talked = call.dialled is not None and call.dialled.since is not None
    served = call.queued_at is not None or bool(call.messages) or call.callback or talked
    closed = call.disposition == Disposition.CLOSED
    if call.pressed or served or closed or call.answered_at is None:
        return ""
    return "no_key" if call.spoke else "no_response"


def _seen(desk: Desk, number: str) -> Seen:
    """What is remembered of the number, as far as it still counts."""
    known, since = desk.state.seen, desk.at - desk.plan.guards.window_s
    seen = known.setdefault(number, Seen())
    seen.calls = [at for at in seen.calls if at > since]
    seen.hang_ups = [at for at in seen.hang_ups if at > since]
    seen.silent = [at for at in seen.silent if at > since]
    while len(known) > REMEMBERED:
        del known[next(iter(known))]
    return seen
