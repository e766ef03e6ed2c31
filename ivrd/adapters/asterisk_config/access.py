"""http.conf, ari.conf and manager.conf: how ivrd reaches Asterisk, and nobody else."""

from __future__ import annotations

from ivrd.adapters.asterisk_config.text import Value, document, section
from ivrd.settings.secrets import Secrets
from ivrd.settings.site import Ami, Ari

#: An ivrd that does not read its events for so long is cut off, so that it notices.
WEBSOCKET_WRITE_TIMEOUT_MS = 5000
_EVENTS = "system,call,security,reporting"
#: MixMonitor needs ``system``; Setvar and DeviceStateList need ``call``.
_ACTIONS = "system,call,reporting"


def http(ari: Ari) -> str:
    """http.conf."""
    keys: dict[str, Value] = {
        "enabled": True,
        "bindaddr": ari.host,
        "bindport": ari.port,
        "enablestatic": False,
        "enable_status": False,
    }
    return document(section("general", keys))


def ari(settings: Ari, secrets: Secrets) -> str:
    """ari.conf."""
    general: dict[str, Value] = {
        "enabled": True,
        "pretty": False,
        "websocket_write_timeout": WEBSOCKET_WRITE_TIMEOUT_MS,
    }
    user: dict[str, Value] = {
        "type": "user",
        "read_only": False,
        "password_format": "plain",
        "password": secrets.ari,
    }
    return document(section("general", general), section(settings.user, user))


def manager(settings: Ami, secrets: Secrets) -> str:
    """manager.conf: from this machine only."""
    general: dict[str, Value] = {
        "enabled": True,
        "webenabled": False,
        "bindaddr": settings.host,
        "port": settings.port,
        "displayconnects": False,
    }
    user: dict[str, Value] = {
        "secret": secrets.ami,
        "deny": "0.0.0.0/0.0.0.0",
        "permit": "127.0.0.1/255.255.255.255",
        "read": _EVENTS,
        "write": _ACTIONS,
        "writetimeout": 5000,
    }
    return document(section("general", general), section(settings.user, user))
