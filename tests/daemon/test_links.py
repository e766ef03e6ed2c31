"""The alert `asterisk`: told once a change, not at a start and not for a blink."""

from __future__ import annotations

from typing import Any

from ivrd.adapters.http import Metrics
from ivrd.daemon.links import LinkAlert

WELL: dict[str, str | None] = {"ari": None, "ami": None, "mqtt": "away"}
GONE: dict[str, str | None] = {**WELL, "ari": "event websocket: no answer (config/ivrd.yaml:14:3)"}


class Broker:
    """The wall, and the clock above it."""

    def __init__(self) -> None:
        self.at, self.told = 100.0, list[tuple[str, dict[str, Any]]]()
        self.metrics = Metrics()
        self.alert = LinkAlert(self, self.metrics, self)  # type: ignore[arg-type]

    def now(self) -> float:
        return self.at

    def state(self, topic: str, payload: dict[str, Any]) -> None:
        self.told.append((topic, payload))

    def look(self, problems: dict[str, str | None], after_s: float = 0.0) -> list[bool]:
        self.at += after_s
        self.alert.look(problems)
        assert self.metrics.registry.get_sample_value("ivrd_alarm", {"alarm": "asterisk"}) == self.told[-1][1]["raised"]
        return [payload["raised"] for _, payload in self.told]


def test_it_is_raised_when_the_trouble_lasts_and_cleared_when_it_is_over() -> None:
    wall = Broker()
    assert wall.look(GONE) == [False]  # a start: nothing of the run before is left standing
    assert wall.look(WELL, 0.3) == [False]
    assert wall.look(GONE, 60) == [False]
    assert wall.look(GONE, 0.9) == [False]
    assert wall.look(GONE, 0.1) == [False, True]
    assert wall.look(GONE, 9) == [False, True]
    topic, payload = wall.told[-1]
    assert (topic, payload["faults"][0]["message"]) == ("alert/asterisk", f"ari: {GONE['ari']}")
    assert payload["since"].startswith("1970-01-01T00:02:40")  # when it began, not when it was raised
    assert wall.look(WELL, 1) == [False, True, False]
    assert wall.told[-1][1]["since"] is None


def test_a_second_trouble_is_added() -> None:
    wall = Broker()
    wall.look(GONE)
    wall.look(GONE, 2)
    wall.look({**GONE, "ami": "connection lost"}, 1)
    assert [len(payload["faults"]) for _, payload in wall.told] == [0, 1, 2]
