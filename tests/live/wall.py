"""The wall (rig/wall.py), and the document that says what it may be sent."""

from __future__ import annotations

import re

import jsonschema
import yaml

from rig.tools import REPOSITORY
from rig.wall import PREFIX, Heard, Wall

__all__ = ["Contract", "Heard", "Wall"]


class Contract:
    """docs/mqtt.asyncapi.yaml, to hold messages against."""

    def __init__(self) -> None:
        document = yaml.safe_load((REPOSITORY / "docs" / "mqtt.asyncapi.yaml").read_text())
        self._rules: list[tuple[re.Pattern[str], jsonschema.protocols.Validator]] = []
        for channel in document["channels"].values():
            (message,) = channel["messages"].values()
            schema = {**message["payload"], "components": document["components"]}
            self._rules.append((_pattern(channel["address"]), jsonschema.Draft202012Validator(schema)))

    def faults(self, heard: Heard) -> list[str]:
        """What is not as the document promises."""
        if not heard.payload:
            return [] if heard.topic.endswith("/state") else [f"{heard.topic}: empty"]
        rules = [rule for pattern, rule in self._rules if pattern.fullmatch(PREFIX + heard.topic)]
        if len(rules) != 1:
            return [f"{heard.topic}: belongs to {len(rules)} channels"]
        return [f"{heard.topic}: {e.message}" for e in rules[0].iter_errors(heard.facts)]


def _pattern(address: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", address))
