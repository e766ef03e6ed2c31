"""What would leave a password, or a call, where strangers reach it."""

from __future__ import annotations

import re

from ivrd.errors import Fault
from ivrd.settings import storeurl
from ivrd.settings.site import LOOPBACK, Loaded, Site
from ivrd.settings.yamltext import Document

_USER = re.compile(r"^[A-Za-z0-9_-]+$")


def faults(loaded: Loaded, doc: Document) -> list[Fault]:
    """What would leave a password where it does not belong."""
    site, mqtt = loaded.site, loaded.site.mqtt
    found = []
    if storeurl.has_password(site.store_url):
        hint = "put it alone into a file of mode 0600 and set store_password_file (docs/security.md)"
        found.append(doc.fault(("store_url",), "a password stands in store_url", hint))
    if mqtt.ca_file is not None:
        if not mqtt.tls:
            found.append(doc.fault(("mqtt", "ca_file"), "ca_file is of no use without `tls: true`"))
        elif not loaded.path(mqtt.ca_file).is_file():
            found.append(doc.fault(("mqtt", "ca_file"), f"there is no file {loaded.path(mqtt.ca_file)}"))
    http = site.http
    if (http.cert_file is None) != (http.key_file is None):
        found.append(doc.fault(("http",), "cert_file and key_file belong together"))
    elif http.cert_file is None and http.host not in LOOPBACK:
        hint = "set http.cert_file and http.key_file, or keep it on 127.0.0.1 behind a proxy that has a certificate"
        found.append(doc.fault(("http", "host"), f"http would be open to {http.host} in clear", hint))
    for name, file in (("cert_file", http.cert_file), ("key_file", http.key_file)):
        if file is not None and not loaded.path(file).is_file():
            found.append(doc.fault(("http", name), f"there is no file {loaded.path(file)}"))
    found += _asterisk(site, doc) + _sip_tls(loaded, doc)
    for index, wall in enumerate(mqtt.walls):
        if not _USER.match(wall) or wall == mqtt.user:
            hint = "letters, digits, - and _; not mqtt.user"
            found.append(doc.fault(("mqtt", "walls", index), f"{wall!r} cannot be a wall's name", hint))
    return found


def _asterisk(site: Site, doc: Document) -> list[Fault]:
    """Whoever reads along between ivrd and Asterisk has the passwords, and with them every call."""
    return [
        doc.fault(
            ("asterisk", name, "host"),
            f"{name} would be open to {link.host} in clear",
            f"keep it on 127.0.0.1; for an Asterisk elsewhere carry it over a tunnel (WireGuard, stunnel), or, on a wire that nobody else reaches, say asterisk.{name}.in_clear: true",
        )
        for name, link in (("ari", site.asterisk.ari), ("ami", site.asterisk.ami))
        if link.host not in LOOPBACK and not link.in_clear
    ]


def _sip_tls(loaded: Loaded, doc: Document) -> list[Fault]:
    tls, at = loaded.site.asterisk.sip.tls, ("asterisk", "sip", "tls")
    faults = []
    if not tls.port and (tls.phones or tls.trunk):
        faults.append(doc.fault(at, "phones and trunk cannot use TLS without `port`", "port: 5061"))
    if tls.port and not (tls.cert_file and tls.key_file):
        faults.append(doc.fault(at, "TLS needs `cert_file` and `key_file`"))
    for name in ("cert_file", "key_file", "ca_file"):
        file = getattr(tls, name)
        if file is not None and not loaded.path(file).is_file():
            faults.append(doc.fault((*at, name), f"there is no file {loaded.path(file)}"))
    return faults
