"""Prompts that the settings name, beside those of dialplans."""

from __future__ import annotations

from collections.abc import Iterator

from ivrd.settings.site import Loaded
from ivrd.settings.yamltext import Key


def prompts(loaded: Loaded) -> Iterator[tuple[str, tuple[Key, ...], str]]:
    """(file, place in it, key of the catalogue) of each."""
    for reason, rule in loaded.site.acd.pause_reasons.items():
        if rule.says:
            yield "ivrd.yaml", ("acd", "pause_reasons", reason, "says"), rule.says
    for queue in loaded.queues.values():
        for n, key in enumerate(queue.comfort):
            yield "queues.yaml", ("queues", queue.id, "comfort", n), key
    if full := loaded.site.asterisk.trunk.full_says:
        yield "ivrd.yaml", ("asterisk", "trunk", "full_says"), full
