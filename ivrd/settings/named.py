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
    if full := loaded.site.asterisk.trunk.full_says:
        yield "ivrd.yaml", ("asterisk", "trunk", "full_says"), full
