"""extensions.conf: calls go to ivrd; when ivrd is away, callers meet words or a person, not silence.

    from-trunk      each number of ``dids``; any other number gets 404
    from-agents     the feature codes and, with asterisk.sip.transfers, whom an agent may ask about a caller
                    (ivrd decides); a phone can dial nothing else
    ivrd-fallback   exten s: the plain queue, then the apology. Whoever takes a caller out of ivrd's
                    hands (ARI ``continue``, AMI ``Redirect``) sends them here, answered or not.

    ivrd-lamps      what keys of desk phones may watch (hints); nobody can dial it
    ivrd-transfer   whom a flow may give a caller to: phones, and the numbers of trunk.outbound.allow

Of what a caller sends, the digits of the number are noted down; no line runs a shell.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from ivrd.adapters.asterisk_config.sip import LAMPS_CONTEXT
from ivrd.adapters.asterisk_config.text import HEADER
from ivrd.ports import FALLBACK_CONTEXT, UNSEEN_FAMILY
from ivrd.settings.site import Fallback, FeatureCodes, Site

TRANSFER_CONTEXT = "ivrd-transfer"
TRANSFER_RING_S = 60
RINGS = "Set(CHANNEL(tonezone)=id)"  #: a caller who is transferred hears it ring
FALLBACK_QUEUE = "ivrd-fallback"
#: What may be a hint's name; others have no lamp.
LAMP = re.compile(r"[A-Za-z0-9_.-]+")
#: The languages an apology is given in; a caller who was cut off may not have chosen one.
APOLOGY_LANGUAGES = ("id", "en")


def extensions(
    site: Site,
    prompts_build: Path,
    extensions_of_agents: Sequence[str] = (),
    lamps: Sequence[str] = (),
    extensions_of_queues: Sequence[str] = (),
) -> str:
    """extensions.conf. ``prompts_build``: where ``<language>/<key>.wav`` are; ``lamps``: what keys may watch."""
    asterisk = site.asterisk
    general = "[general]\nstatic = yes\nwriteprotect = yes\n"
    trunk = ["[from-trunk]"]
    for did in site.dids:
        trunk += _call(asterisk.ari.app, did, asterisk.fallback.retry_s)
    trunk += _at_its_end()
    agents = ["[from-agents]"]
    for order, code in _orders(asterisk.feature_codes).items():
        agents += _feature(asterisk.ari.app, order, code, prompts_build)
    for code, reason in pause_codes(site).items():
        agents += _feature(asterisk.ari.app, "pause", code, prompts_build, reason)
    if asterisk.sip.transfers:
        for extension in (*extensions_of_agents, *extensions_of_queues):
            agents += _consult(asterisk.ari.app, extension)
    fallback = _fallback(asterisk.fallback, prompts_build)
    transfers = _transfers(site, extensions_of_agents)
    contexts = "\n".join("\n".join(lines) + "\n" for lines in (trunk, agents, fallback, transfers, _lamps(lamps)))
    return f"{HEADER}\n{general}\n{contexts}"


def _orders(codes: FeatureCodes) -> dict[str, str]:
    return {field.name: getattr(codes, field.name) for field in dataclasses.fields(codes)}


def pause_codes(site: Site) -> dict[str, str]:
    """What is dialled for a pause with a reason -> the reason."""
    pause = site.asterisk.feature_codes.pause
    return {pause + rule.code: reason for reason, rule in site.acd.pause_reasons.items()}


def _exten(pattern: str, *steps: str) -> list[str]:
    first, *rest = steps
    return [f"exten => {pattern},1,{first}", *(f" same => n{step}" for step in _placed(rest))]


def _placed(steps: list[str]) -> list[str]:
    """A step may begin with its label: ``(label)App()``."""
    return [
        f"{step[: step.index(')') + 1]},{step[step.index(')') + 1 :]}"
        if step[0] == "("
        else f",{step}"
        for step in steps
    ]


def _call(app: str, did: str, retry_s: int) -> list[str]:
    # SUCCESS: ivrd had the call and is done with it. FAILED: ivrd is not there (restarting, most
    # likely: it takes two seconds), so it goes on ringing while we try again each second.
    # Each step before Stasis costs the caller and Asterisk's CPU: the tone zone is the trunk's (sip.py). It rings first of all, so
    # that nobody whom a frozen ivrd is given sits in silence (ADR 114).
    return _exten(
        did,
        _past_ivrd(f"{FALLBACK_CONTEXT},s,1"),
        "Ringing()",
        f"(try)Stasis({app},call,{did})",
        'GotoIf($["${STASISSTATUS}" = "SUCCESS"]?over)',
        _unseen(did),
        f"GotoIf($[0${{IVRD_TRIES}} >= {retry_s}]?{FALLBACK_CONTEXT},s,1)",
        "Set(IVRD_TRIES=$[0${IVRD_TRIES} + 1])",
        "Wait(1)",
        "Goto(try)",
        "(over)Hangup()",
    )


#: seconds since the epoch, with milliseconds
_NOW = "${STRFTIME(,,%s.%3q)}"


def _unseen(did: str) -> str:
    """Number and time of a call that ivrd may never hear of, noted once: it is to have a row all the same."""
    return f'Set(IVRD_UNSEEN=${{IF($["${{IVRD_UNSEEN}}" = ""]?{did}~{_NOW}:${{IVRD_UNSEEN}})}})'


def _at_its_end() -> list[str]:
    """Asterisk keeps the note in its database until ivrd has made a row of it (adapters/ami/unseen.py).

    Whom ivrd answered it knows. Who was given to it and never answered may have come while it was dying, and gone before it was
    back: noted as well (the second of arrival begins Asterisk's own id), and forgotten when ivrd has a row of its own.
    """
    caller = "${FILTER(0-9*#+,${CALLERID(num)})}"
    given = "${FILTER(0-9,${CALLERID(dnid)})}~${UNIQUEID:0:10}"
    return _exten(
        "h",
        'GotoIf($["${IVRD_UNSEEN}${CHANNEL(state)}" = "Up"]?over)',
        f'Set(IVRD_UNSEEN=${{IF($["${{IVRD_UNSEEN}}" = ""]?{given}:${{IVRD_UNSEEN}})}})',
        f"Set(DB({UNSEEN_FAMILY}/${{UNIQUEID}})=${{IVRD_UNSEEN}}~${{IVRD_ANSWERED}}~{_NOW}~{caller})",
        "(over)NoOp()",
    )


def _past_ivrd(target: str) -> str:
    """A frozen ivrd is still given calls by Asterisk: the rescuer says until when it is not to be."""
    return f"GotoIf($[0${{IVRD_AWAY_UNTIL}} > ${{EPOCH}}]?{target})"


def _feature(app: str, order: str, code: str, build: Path, detail: str = "") -> list[str]:
    also = f",{detail}" if detail else ""
    return _exten(
        code,
        _past_ivrd("away"),
        # a phone that forwards the calls it is offered to a code (302) dials nothing by that
        'GotoIf($["${CHANNEL(channeltype)}" = "Local"]?over)',
        f"Stasis({app},feature,{order},${{CHANNEL(endpoint)}}{also})",
        'GotoIf($["${STASISSTATUS}" = "SUCCESS"]?over)',
        "(away)Answer()",
        *_spoken([build / APOLOGY_LANGUAGES[0] / "feature-unavailable"]),
        "(over)Hangup()",
    )


def _consult(app: str, extension: str) -> list[str]:
    """The agent hears it ring until the colleague answers; when ivrd is away or says no, it is busy."""
    return _exten(
        extension,
        _past_ivrd("over"),
        # a phone that forwards the calls it is offered to a colleague (302) asks nobody by that: it has declined
        'GotoIf($["${CHANNEL(channeltype)}" = "Local"]?declined)',
        "Ringing()",
        f"Stasis({app},consult,{extension},${{CHANNEL(endpoint)}})",
        "(over)Hangup(17)",
        "(declined)Hangup(21)",
    )


def _fallback(rules: Fallback, build: Path) -> list[str]:
    steps = [_unseen("${FILTER(0-9,${CALLERID(dnid)})}"), "Answer()", f"Set(IVRD_ANSWERED={_NOW})"]
    if rules.static_queue:
        steps += [
            f"Playback({build / APOLOGY_LANGUAGES[0] / 'fallback-wait'})",
            f"Queue({FALLBACK_QUEUE},,,,{rules.max_wait_s})",
        ]
    apology = [build / language / "fallback-apology" for language in APOLOGY_LANGUAGES]
    return [f"[{FALLBACK_CONTEXT}]", *_exten("s", *steps, *_spoken(apology), "(over)Hangup()"), *_at_its_end()]


def _transfers(site: Site, phones: Sequence[str]) -> list[str]:
    """Whom a flow's ``transfer`` may give a caller to: phones, and numbers that the admin lists.

    ${EXTEN} has matched a pattern of digits; nothing else can come here.
    """
    outbound = site.asterisk.trunk.outbound
    lines = [f"[{TRANSFER_CONTEXT}]"]
    for phone in phones:
        lines += _exten(phone, RINGS, f"Dial(PJSIP/{phone},{TRANSFER_RING_S})", "Hangup()")
    shown = [f"Set(CALLERID(num)={outbound.caller_id})"] if outbound.caller_id else []
    for pattern in outbound.allow:
        dial = f"Dial(PJSIP/${{EXTEN}}@trunk,{TRANSFER_RING_S})"
        lines += _exten(f"_{pattern}", *shown, RINGS, dial, "Hangup()")
    return lines


def _lamps(names: Sequence[str]) -> list[str]:
    """What keys of desk phones may watch: a name is the device behind it, whose state ivrd sets."""
    usable = [name for name in names if LAMP.fullmatch(name)]
    return [f"[{LAMPS_CONTEXT}]", *(f"exten => {name},hint,Custom:{name}" for name in usable)]


def _spoken(files: list[Path]) -> list[str]:
    """Say something, and never nothing: without the files the caller hears the congestion tone."""
    return [
        f"Playback({'&'.join(str(f) for f in files)})",
        'GotoIf($["${PLAYBACKSTATUS}" = "SUCCESS"]?over)',
        "PlayTones(congestion)",
        "Wait(4)",
    ]
