"""Before a caller hears silence: every prompt that a flow or the core names has audio, of a known length."""

from __future__ import annotations

from collections.abc import Iterable

from ivrd.core.ivr.shape import says as says_of
from ivrd.core.plan import Plan
from ivrd.errors import StartError
from ivrd.ports import PromptLibrary

#: what the core says by itself, beside what flows name
CORE_PROMPTS = frozenset(
    {
        "closed-hours", "closed-holiday", "closed-break", "closed-opens-at",
        "queue-wait", "queue-next", "queue-position-before", "queue-position-after",
        "queue-wait-about", "queue-wait-between", "queue-wait-and", "queue-wait-longer", "queue-wait-less-than-minute", "minute", "minutes",
        "feature-logged-in", "feature-logged-out", "feature-paused", "feature-resumed",
        "feature-wrap-up-ended", "feature-wrap-up-extended", "feature-pause-full", "feature-refused",
        "feature-enter-pin", "feature-pin-wrong", "feature-pin-locked",
        "callback-calling", "callback-not-reached", "callback-greeting",
        "guard-blocked", "guard-too-many",
    }
)  # fmt: skip
#: what Asterisk's dialplan plays by itself when ivrd is away (adapters/asterisk_config)
FALLBACK_PROMPTS = frozenset({"fallback-wait", "fallback-apology", "feature-unavailable"})
_LISTED = 10


def check_prompts(plan: Plan, prompts: PromptLibrary, languages: Iterable[str]) -> None:
    """StartError, naming what has no audio; the plan learns how long the others play."""
    keys = sorted(_keys(plan))
    languages = tuple(languages)
    missing = prompts.missing(keys, languages)
    if missing:
        listed = ", ".join(f"{key} ({language})" for key, language in missing[:_LISTED])
        more = f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
        raise StartError(
            f"{len(missing)} prompts have no audio: {listed}{more}. Run `ivrd prompts build` (their texts: prompts/catalogue.yaml)"
        )
    plan.lengths_s = prompts.lengths_s(keys, languages)


def _keys(plan: Plan) -> set[str]:
    """Every text of the catalogue that may be said."""
    flows = [part for flow in plan.flows.values() for part in (flow, *flow.parts.values())]
    says = [key for flow in flows for node in flow.nodes.values() for _, key in says_of(node)]
    keys = {key.partition("@")[0] for key in says if not key.startswith(":")} | CORE_PROMPTS
    keys |= {rule.says for rule in plan.floor.rules.pause_reasons.values() if rule.says}
    return keys | set(plan.calendar.says.values()) | {key for key in (plan.trunk.full_says,) if key} | {
        key for queue in plan.floor.queues.values() for key in queue.comfort
    }
