"""What can go wrong with the broker, in words; and a trap of asyncio."""

from __future__ import annotations

import asyncio

import aiomqtt
from aiomqtt.exceptions import MqttConnectError


def honour_cancellation() -> None:
    """asyncio.wait_for of Python 3.11, which aiomqtt uses, may swallow a cancellation that comes
    in the same turn as the result (bpo-37658): without this a stopped task would wait for ever."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def first(group: BaseExceptionGroup[aiomqtt.MqttError]) -> aiomqtt.MqttError:
    """The error inside a TaskGroup's group: all of them tell of the same lost connection."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, aiomqtt.MqttError)
    return found


def explain(error: aiomqtt.MqttError, address: str, user: str) -> str:
    """What is wrong and what to do, for the person who reads the log or /ready."""
    if isinstance(error, MqttConnectError):
        return (
            f"the MQTT broker {address} refused user {user!r} ({error.rc}): check mqtt.user in "
            "config/ivrd.yaml and the secret `mqtt` against the broker's password file"
        )
    why = str(error.__cause__ or error)
    if "CERTIFICATE_VERIFY_FAILED" in why:
        return (
            f"the MQTT broker {address} showed a certificate that is not trusted ({why}): mqtt.ca_file must hold the "
            "certificate that signed it, and mqtt.host the name that stands in it. Calls are served meanwhile"
        )
    return (
        f"the MQTT broker {address} is away ({why}): is it running, and are mqtt.host and "
        "mqtt.port in config/ivrd.yaml right? Calls are served meanwhile"
    )
