"""SIP by TLS: what is missing is said where it stands, and what is generated has no way back to clear audio."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ivrd.adapters.asterisk_config import sip
from ivrd.settings.secrets import Secrets
from ivrd.settings.site import Asterisk, Outbound, Sip, Tls, Trunk
from tests.settings.sites import Site

SECRETS = Secrets(ari="a", ami="b", mqtt="c", trunk="d")


@pytest.mark.parametrize(
    ("tls", "said"),
    [
        ("phones: true", "cannot use TLS without `port`"),
        ("port: 5061", "needs `cert_file` and `key_file`"),
        ("port: 5061, cert_file: none.pem, key_file: none.key", "there is no file"),
        ("port: 99999, cert_file: a, key_file: b", "between 0 and 65535"),
        ("prot: 5061", "did you mean 'port'?"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, tls: str, said: str) -> None:
    site = Site(tmp_path)
    site.edit("ivrd.yaml", "    codecs: [alaw, ulaw]\n", f"    codecs: [alaw, ulaw]\n    tls: {{{tls}}}\n")
    faults = [fault for fault in site.faults() if said in str(fault)]
    assert faults
    assert all(fault.line > 1 for fault in faults)


def made(carrier: Trunk, **tls: bool) -> str:
    switched = Tls(port=5061, cert_file=Path("/c"), key_file=Path("/k"), ca_file=Path("/ca"), **tls)
    asterisk = Asterisk(sip=Sip(tls=switched), trunk=carrier)
    return sip.pjsip(asterisk, [], ["169"], SECRETS)


REGISTERS = Trunk(kind="register", server="carrier.example", user="169")
BY_ADDRESS = Trunk(addresses=("203.0.113.7",), outbound=Outbound(allow=("021XXXXXXX",), server="203.0.113.7"))


def test_the_carrier_by_tls_has_srtp_and_its_certificate_looked_at() -> None:
    text = made(REGISTERS, trunk=True)
    for line in (
        "verify_server = yes", "ca_list_file = /ca", "media_encryption = sdes", "media_encryption_optimistic = no",
        "server_uri = sip:carrier.example;transport=tls", "contact = sip:carrier.example;transport=tls",
    ):  # fmt: skip
        assert line in text
    assert "transport = transport-udp" not in text
    assert "contact = sip:203.0.113.7;transport=tls" in made(BY_ADDRESS, trunk=True)


def test_who_is_not_switched_on_stays_as_before() -> None:
    with_tls, without = made(BY_ADDRESS), sip.pjsip(Asterisk(trunk=BY_ADDRESS), [], ["169"], SECRETS)
    assert "media_encryption" not in with_tls
    begin = with_tls.index("[transport-tls]")
    assert with_tls[:begin] + with_tls[with_tls.index("[trunk]") :] == without
    assert dataclasses.asdict(Asterisk().sip.tls)["port"] == 0
