"""What walls are told, on the MQTT broker. The contract is docs/mqtt.asyncapi.yaml.

topics.py and payloads.py say what is published, outbox.py what is next, sweep.py what is to be cleared, packets.py how it
looks in bytes (all pure); session.py is one connection, patience.py how long its answers are waited for, client.py always
has one, trouble.py says what is wrong with it.
"""

from ivrd.adapters.mqtt import payloads, topics
from ivrd.adapters.mqtt.client import MqttPublisher

__all__ = ["MqttPublisher", "payloads", "topics"]
