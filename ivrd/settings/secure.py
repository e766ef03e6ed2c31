"""What would leave a password, or a call, where strangers reach it."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

from ivrd.errors import Fault
from ivrd.settings import storeurl
from ivrd.settings.site import LOOPBACK, Ami, Ari, Loaded, Site
from ivrd.settings.yamltext import Document

#: listened on, and nobody's name
_ANY = frozenset({"0.0.0.0", "::"})
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
    found += _asterisk(site, doc) + _asterisk_tls(loaded, doc) + _sip_tls(loaded, doc)
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
            f"keep it on 127.0.0.1; for an Asterisk elsewhere set asterisk.{name}.tls (docs/security.md), or, on a wire that nobody else reaches, say asterisk.{name}.in_clear: true",
        )
        for name, link in (("ari", site.asterisk.ari), ("ami", site.asterisk.ami))
        if link.host not in LOOPBACK and not link.in_clear and not link.tls
    ]


def _asterisk_tls(loaded: Loaded, doc: Document) -> list[Fault]:
    """Whether what TLS needs is said; whether the certificates fit is `ivrd check`'s to see (trust.py)."""
    found = _permit(loaded.ami, doc)
    for name, link in (("ari", loaded.ari), ("ami", loaded.ami)):
        at, files = ("asterisk", name), {key: getattr(link, key) for key in ("ca_file", "cert_file", "key_file")}
        if not link.tls:
            found += [doc.fault((*at, key), f"{key} is of no use without `tls: true`") for key, file in files.items() if file]
            continue
        if link.in_clear:
            found.append(doc.fault((*at, "in_clear"), f"{name} is to be by TLS and in clear", "leave in_clear out"))
        if link.host in _ANY:
            hint = "the name or the address that stands in Asterisk's certificate"
            found.append(doc.fault((*at, "host"), f"no certificate can be for {link.host}", hint))
        if not (link.cert_file and link.key_file):
            hint = "where they are on Asterisk's machine; `ivrd asterisk-config` tells Asterisk"
            found.append(doc.fault(at, "TLS needs `cert_file` and `key_file`", hint))
        found += [doc.fault((*at, key), f"there is no file {file}") for key, file in files.items() if _missing(loaded, name, key, file)]
    return found


def _missing(loaded: Loaded, name: str, key: str, file: Path | None) -> bool:
    """An Asterisk elsewhere has its files elsewhere: they must be where its own disk may have them."""
    said: Ari | Ami = getattr(loaded.site.asterisk, name)
    if file is None or (key != "ca_file" and said.host not in LOOPBACK and getattr(said, key).is_absolute()):
        return False
    try:
        return not file.is_file()
    except OSError:  # a directory that is none of ours to look into
        return False


def _permit(ami: Ami, doc: Document) -> list[Fault]:
    at, networks = ("asterisk", "ami", "permit"), list[ipaddress.IPv4Network | ipaddress.IPv6Network]()
    for index, text in enumerate(ami.permit):
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            return [doc.fault((*at, index), f"{text!r} is no address and no network", "192.0.2.7, or 192.0.2.0/24")]
    if ami.tls and ami.host not in LOOPBACK and all(network.is_loopback for network in networks):
        hint = "the address from which ivrd comes: permit: [192.0.2.7]"
        return [doc.fault(at, f"nobody who comes to {ami.host} would be let in", hint)]
    return []


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
