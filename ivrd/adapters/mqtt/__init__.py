"""What walls are told, on the MQTT broker. The contract is docs/mqtt.asyncapi.yaml.

topics.py and payloads.py say what is published, outbox.py what is next (all pure); client.py
publishes it over one connection, trouble.py says what is wrong with that.
"""

from ivrd.adapters.mqtt import payloads, topics
from ivrd.adapters.mqtt.client import MqttPublisher

__all__ = ["MqttPublisher", "payloads", "topics"]
