"""http.conf, ari.conf and manager.conf: how ivrd reaches Asterisk, and nobody else."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ivrd.adapters.asterisk_config.text import Value, document, section
from ivrd.settings.secrets import Secrets
from ivrd.settings.site import Ami, Ari

#: An ivrd that does not read its events for so long is cut off, so that it notices.
WEBSOCKET_WRITE_TIMEOUT_MS = 5000
#: where the manager's port in clear is put while ivrd goes by TLS
ASIDE = "127.0.0.2"
_EVENTS = "system,call,security,reporting"
#: MixMonitor needs ``system``; Setvar and DeviceStateList need ``call``.
_ACTIONS = "system,call,reporting"


def http(ari: Ari) -> str:
    """http.conf. By TLS without `bindaddr`: then Asterisk opens no port in clear."""
    where: dict[str, Value] = {"bindaddr": ari.host, "bindport": ari.port}
    keys: dict[str, Value] = {
        "enabled": True,
        **(_tls(ari) if ari.tls else where),
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
    """manager.conf: from this machine only, unless the settings permit others."""
    where: dict[str, Value] = {"bindaddr": settings.host, "port": settings.port}
    general: dict[str, Value] = {
        "enabled": True,
        "webenabled": False,
        **(_aside(settings) | _tls(settings) if settings.tls else where),
        "displayconnects": False,
    }
    user: dict[str, Value] = {
        "secret": secrets.ami,
        "deny": "0.0.0.0/0.0.0.0,::/0" if settings.tls else "0.0.0.0/0.0.0.0",
        "permit": ",".join(_networks(settings.permit)),
        "read": _EVENTS,
        "write": _ACTIONS,
        "writetimeout": 5000,
    }
    return document(section("general", general), section(settings.user, user))


def _tls(link: Ari | Ami) -> dict[str, Value]:
    host = f"[{link.host}]" if ":" in link.host else link.host
    return {
        "tlsenable": True,
        "tlsbindaddr": f"{host}:{link.port}",
        "tlscertfile": str(link.cert_file),
        "tlsprivatekey": str(link.key_file),
    }


def _aside(settings: Ami) -> dict[str, Value]:
    """Asterisk has no manager by TLS alone. In clear it is on an address of the loopback that nobody is told of, and on the next
    port: told the same one, Asterisk moves TLS to 5039."""
    return {"bindaddr": ASIDE, "port": settings.port + 1 if settings.port < 65535 else settings.port - 1}


def _networks(permitted: Iterable[str]) -> list[str]:
    """Asterisk's way to write addresses and networks."""
    networks = [ipaddress.ip_network(text, strict=False) for text in permitted]
    return [n.with_netmask if n.version == 4 else n.with_prefixlen for n in networks]
