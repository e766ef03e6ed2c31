"""What is wrong with the broker, in words for the person who has to mend it."""

from __future__ import annotations

import pytest

from ivrd.adapters.mqtt.packets import MqttError, Refused
from ivrd.adapters.mqtt.trouble import explain


@pytest.mark.parametrize(
    ("code", "said"), [(1, "Unacceptable protocol version"), (2, "Client identifier rejected"), (3, "Server unavailable"), (9, "code 9")]
)
def test_a_broker_that_is_there_and_refuses_is_not_called_away(code: int, said: str) -> None:
    words = explain(Refused(code), "broker:1883", "ivrd")
    assert said in words
    assert "broker:1883 is there" in words
    assert "is it running" not in words


@pytest.mark.parametrize("code", [4, 5])
def test_a_refusal_of_the_user_names_what_to_check(code: int) -> None:
    assert "check mqtt.user" in explain(Refused(code), "broker:1883", "ivrd")


def test_a_broker_that_is_away_is_called_so() -> None:
    words = explain(MqttError("Connect call failed"), "broker:1883", "ivrd")
    assert "broker:1883 is away (Connect call failed): is it running" in words
