"""What can go wrong with the broker, in words."""

from __future__ import annotations

from ivrd.adapters.mqtt.packets import MqttError, Refused


class CaFileError(MqttError):
    """The file of certificates cannot be used; says which, and why."""


def explain(error: MqttError, address: str, user: str) -> str:
    """What is wrong and what to do, for the person who reads the log or /ready."""
    if isinstance(error, Refused) and error.of_user:
        return (
            f"the MQTT broker {address} refused user {user!r} ({error}): check mqtt.user in "
            "config/ivrd.yaml and the secret `mqtt` against the broker's password file"
        )
    if isinstance(error, Refused):
        return (
            f"the MQTT broker {address} is there and refuses the connection ({error}): its own log says more. "
            "Calls are served meanwhile"
        )
    why = str(error)
    if isinstance(error, CaFileError):
        return f"mqtt.ca_file {why} cannot be used to connect to the MQTT broker {address}. Calls are served meanwhile"
    if "CERTIFICATE_VERIFY_FAILED" in why:
        return (
            f"the MQTT broker {address} showed a certificate that is not trusted ({why}): mqtt.ca_file must hold the "
            "certificate that signed it, and mqtt.host the name that stands in it. Calls are served meanwhile"
        )
    return (
        f"the MQTT broker {address} is away ({why}): is it running, and are mqtt.host and "
        "mqtt.port in config/ivrd.yaml right? Calls are served meanwhile"
    )
