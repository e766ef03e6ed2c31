"""Changes as sentences: "After 1, when open, 2: the caller waits in queue lkpm in place of kbli"."""

from __future__ import annotations

from typing import Any, get_type_hints

from ivrd.core.ivr.shape import Doc, says
from ivrd.graph import phrases
from ivrd.graph.diff import Change
from ivrd.graph.steps import Step

#: field, or verb.field -> what is told of it
_FIELDS = {
    "tag.add": "the call is noted as {new} in place of {old}",
    "queue.to": "the caller waits in queue {new} in place of {old}",
    "queue.skills": "agents must also have {new}, formerly {old}",
    "queue.priority": "the caller's priority is {new}, formerly {old}",
    "language.set": "the caller is spoken to in {new} in place of {old}",
    "hangup.why": "the call's record says {new} in place of {old}",
    "hangup.cause": "the carrier is told cause {new} in place of {old}",
    "extension": "the caller is connected to {new} in place of {old}",
    "number": "the caller is connected to {new} in place of {old}",
    "voicemail.box": "the message goes to {new} in place of {old}",
    "voicemail.max_s": "a message may take {new}, formerly {old}",
    "callback.queue": "the call back is for queue {new} in place of {old}",
    "run.give": "the sub-flow is given {new}, formerly {old}",
    "run.into": "of the sub-flow is kept {new}, formerly {old}",
    "http.service": "service {new} is asked in place of {old}",
    "http.send": "the service is sent {new}, formerly {old}",
    "http.save": "of the answer is kept {new}, formerly {old}",
    "http.timeout_s": "the service has {new} to answer, formerly {old}",
    "set.to": "what is remembered is {new}, formerly {old}",
    "survey.ask": "the question is for {new} in place of {old}",
    "return.values": "the sub-flow gives back {new}, formerly {old}",
    "dial.timeout_s": "it rings for {new}, formerly {old}",
    "timeout_s": "silence may last {new}, formerly {old}",
    "tries": "the caller has {new} tries, formerly {old}",
}
#: what holds where nothing is set
_OWN = {"queue.priority": "the queue's own", "queue.announce_every_s": "the queue's own"}
_SWITCHES = {
    "barge_in": ("a key may interrupt what is said", "what is said is heard to its end"),
    "record.on": ("the conversation is recorded from here on", "the conversation is not recorded from here on"),
}
#: prompts said on an occasion of their own
_OCCASIONS = {
    "invalid": "after a wrong key ", "silence": "after silence ", "ask": "then ", "sent": "once the message is sent ",
    "too_short": "after a message without a word ", "review_keys": "after the message ", "noted": "once the wish is noted ",
    "enter_number": "before typing a number ", "confirm": "before the number is read back ", "confirm_keys": "after it is read back ",
    "not_possible": "with a number that may not be called ",
}  # fmt: skip


def sentence(change: Change, language: str) -> str:
    """Without a full stop. ``language``: the site's first."""
    before = _where(change)
    match change.kind:
        case "setting":
            return f"{change.name}: {_plain(change.after)}, formerly {_plain(change.before)}"
        case "field":
            return before + _field(change, language)
        case "order":
            return f"{before}the conditions are looked at in another order: {'; '.join(change.after)}"
        case "way-moved" if change.name in change.old[0].order:
            return f"{before}what was decided by “{change.before}” is decided by “{change.after}”"
        case "way-moved":
            return f"{before}key {change.after} does what key {change.before} did"
        case "way-added":
            return f"{before}{_way(change.old[0].verb, change.name)} is new: {_leads(change.new, change.after, language)}"
        case "way-removed":
            return f"{before}{_way(change.new[0].verb, change.name)} is gone (formerly: {_leads(change.old, change.before, language)})"
        case "way-word":
            now, then = (_leads(row, word, language) for row, word in ((change.new, change.after), (change.old, change.before)))
            return f"{before}with {_way('menu', change.name)} {now} (formerly: {then})"
        case "elsewhere":
            now, then = (phrases.steps(row, language) for row in (change.new, change.old))
            return f"{before}the caller {now}, as {phrases.route(change.like)} (formerly: {then})"
        case "steps":
            return before + _steps(change, language)


def _where(change: Change) -> str:
    """How a caller comes there. Of several ways the shortest is named."""
    first = phrases.route(change.routes[0]) if change.routes else ""
    first = first[:1].upper() + first[1:]
    others = len(set(change.routes)) - 1
    more = f" (and {others} other way{'' if others == 1 else 's'})" if others > 0 else ""
    return f"{first}{more}: "


def _way(verb: str, label: str) -> str:
    return phrases.key(phrases.way(verb, label) or label)


def _leads(row: tuple[Step, ...], word: str, language: str) -> str:
    if row:
        return f"the caller {phrases.steps(row, language)}"
    return {":repeat": "the menu is said again", ":back": "the caller is back in the menu before"}[word]


def _steps(change: Change, language: str) -> str:
    old, new = (phrases.steps(row, language) for row in (change.old, change.new))
    if not change.old:
        return f"the caller also {new}, then goes on as before"
    if not change.new:
        return f"the caller no longer {phrases.steps(change.old, language, ' and no longer ')}"
    return f"the caller {new} (formerly: {old})"


def _field(change: Change, language: str) -> str:
    a, b = change.old[0], change.new[0]
    if change.name == "parts" or any(path[0] == change.name for step in (a, b) for path, _ in says(step.body)):
        return _said(change, language)
    own = f"{b.verb}.{change.name}"
    if switch := _SWITCHES.get(own) or _SWITCHES.get(change.name):
        return switch[0] if change.after else switch[1]
    unit = " s" if change.name.endswith("_s") else ""
    values = {k: _OWN.get(own, "none") if v is None else _plain(v) + unit for k, v in (("new", change.after), ("old", change.before))}
    if told := _FIELDS.get(own) or _FIELDS.get(change.name):
        # `dial` has either of two fields
        return told.format(**values).replace("is connected to none in place of", "is no longer connected to").removesuffix(" in place of none")
    doc = _doc(b, change.name)
    return f"{change.name} of the {b.verb} is {values['new']}, formerly {values['old']}" + (f" ({doc})" if doc else "")


def _said(change: Change, language: str) -> str:
    """Only what differs of two lists of prompts."""
    then, now = _flat(change.before), _flat(change.after)
    while then and now and then[0] == now[0]:
        then, now = then[1:], now[1:]
    while then and now and then[-1] == now[-1]:
        then, now = then[:-1], now[:-1]
    occasion = _OCCASIONS.get(change.name, "")
    if not then and not now:
        return f"{occasion}the same is said in other turns"
    if not then:
        return f"{occasion}the caller also hears {phrases.quoted(now, language)}"
    if not now:
        return f"{occasion}the caller no longer hears {phrases.quoted(then, language)}"
    if len(then) == len(now) == 1:
        old, new = phrases.apart(then[0], now[0], language)
        return f"{occasion}the caller hears {new} in place of {old}"
    return f"{occasion}the caller hears {phrases.quoted(now, language)} in place of {phrases.quoted(then, language)}"


def _flat(said: Any) -> list[Any]:
    """What escalates, as one list; a part that is a prompt as its words."""
    if isinstance(said, list):
        return [each for item in said for each in _flat(item)]
    return [said["prompt"]] if isinstance(said, dict) and "prompt" in said else [said]


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_plain(v)}" for k, v in value.items()) or "none"
    if value is None or value == "":
        return "none"
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _doc(step: Step, name: str) -> str:
    marks = getattr(get_type_hints(type(step.body), include_extras=True).get(name), "__metadata__", ())
    return next((m.text for m in marks if isinstance(m, Doc)), "")


def facts(change: Change, language: str) -> dict[str, Any]:
    """For programs."""
    raw = [[label for _, label in taken] for taken in change.routes]
    return {
        "kind": change.kind,
        "after": raw[0] if raw else [],
        "ways": len(set(change.routes)),
        "name": change.name,
        "before": change.before,
        "now": change.after,
        "old_nodes": ["/".join(filter(None, step.node)) for step in change.old],
        "new_nodes": ["/".join(filter(None, step.node)) for step in change.new],
        "sentence": sentence(change, language),
    }

