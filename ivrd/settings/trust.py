"""TLS to others: their certificate and their host name are verified, always, and there is no setting against it."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path

from ivrd.errors import TrustError
from ivrd.settings.site import Ami, Ari

#: what to do when something else than TLS is spoken there
NO_TLS = "is TLS on at that port? Run `ivrd asterisk-config`, install its files, reload Asterisk"


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts whom ``ca_file`` trusts (None: the system). OSError, ValueError: the file is gone or spoilt."""
    return ssl.create_default_context(cafile=ca_file)


class Trust:
    """How one of Asterisk's interfaces is reached by TLS."""

    def __init__(self, name: str, link: Ari | Ami) -> None:
        """``name``: "ari" or "ami", as in config/ivrd.yaml."""
        self._name, self._link = name, link
        self._context: ssl.SSLContext | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """The one of the last ``renewed``: to read the file for each of ninety connections would take too long. TrustError."""
        return self._context or self.renewed()

    def renewed(self) -> ssl.SSLContext:
        """Made of the file as it is now: it may have been replaced. TrustError: or spoilt."""
        file = self._link.ca_file
        try:
            self._context = trusting(file)
        except (OSError, ValueError) as exc:
            raise TrustError(f"asterisk.{self._name}.ca_file {file} cannot be used ({exc}): it must hold certificates in PEM") from exc
        return self._context

    def doubts(self, error: Exception) -> TrustError:
        """What to tell the person who has to mend it."""
        name, link = f"asterisk.{self._name}", self._link
        return TrustError(
            f"what answers at {link.host}:{link.port} showed a certificate that is not trusted ({error}): {name}.ca_file must hold the "
            f"certificate that signed it, and {name}.host the name that stands in it. No password was sent, and nothing goes in clear instead"
        )


def unfit(link: Ari | Ami) -> tuple[str, str, str] | None:
    """Why ivrd and Asterisk would not agree, as far as the files here tell: the key of the setting, what is wrong, what to do.

    The two shake hands in memory, so that what counts is what would count on the wire.
    """
    if not link.tls:
        return None
    try:
        ivrd = trusting(link.ca_file)
    except (OSError, ValueError) as exc:
        return "ca_file", f"{link.ca_file} cannot be used ({exc})", "it must hold certificates in PEM"
    if not (link.cert_file and link.key_file and _readable(link.cert_file) and _readable(link.key_file)):
        return None
    asterisk = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        asterisk.load_cert_chain(link.cert_file, link.key_file, password="")
    except (OSError, ValueError) as exc:
        return "cert_file", f"cert_file and key_file are no pair ({exc})", "PEM, the key without a password"
    try:
        _shake_hands(ivrd, asterisk, link.host)
    except ssl.SSLCertVerificationError as exc:
        return _told(exc, link.host)
    except ssl.SSLError as exc:
        return "cert_file", f"the certificate cannot be used ({exc})", ""
    return None


_OF_TIME, _OF_NAME = (9, 10), (62, 64)  #: X509_V_ERR_: not valid yet, no longer; host, address


def _told(error: ssl.SSLCertVerificationError, host: str) -> tuple[str, str, str]:
    why = error.verify_message
    if error.verify_code in _OF_NAME:
        return "host", f"Asterisk's certificate is not for {host} ({why})", "host must be a name or an address that stands in it"
    if error.verify_code in _OF_TIME:
        return "cert_file", f"Asterisk's certificate is out of its time ({why})", "renew it"
    return "ca_file", f"Asterisk's certificate would not be trusted ({why})", "ca_file must hold the certificate that signed it"


def _readable(file: Path) -> bool:
    try:
        with file.open("rb"):
            return True
    except OSError:  # on another machine, or for Asterisk's eyes only
        return False


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> None:
    """ssl.SSLError when they do not agree."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(down, up, server_hostname=host), server.wrap_bio(up, down, server_side=True)]
    for _ in range(4):  # TLS needs two flights each way
        for side in sides:
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
