"""ARI and AMI by TLS: what is missing or does not fit is said where it stands, and nothing switches verification off."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import ssl
from pathlib import Path

import pytest

from ivrd.cli import main
from ivrd.daemon.checkup import check
from ivrd.daemon.clock import SystemClock
from ivrd.errors import Fault, TrustError
from ivrd.settings.load import load
from ivrd.settings.site import Ami, Ari
from ivrd.settings.trust import Trust, trusting, unfit
from rig import certificates
from tests.settings.sites import Site

BOTH = ("ari", "ami")
PAIR = "cert_file: tls/cert.pem, key_file: tls/key.pem"


def made(directory: Path, *, days: int = 0) -> None:
    """An authority's certificates for 127.0.0.1, as they were so many days ago."""
    now = dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC)
    certificates.make(directory, now - dt.timedelta(days=days))


def by_tls(tmp_path: Path, name: str, keys: str, host: str = "127.0.0.1") -> Site:
    """A site whose ``name`` has these keys as well; certificates are in ``tls/``."""
    site = Site(tmp_path)
    made(tmp_path / "tls")
    path = tmp_path / "config" / "ivrd.yaml"
    [before] = [line for line in path.read_text().splitlines() if line.startswith(f"  {name}: {{")]
    site.edit("ivrd.yaml", before, before.replace("127.0.0.1", host).replace("in_clear: false", keys))
    return site


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("keys", "host", "said", "at"),
    [
        ("tls: true", "127.0.0.1", "TLS needs `cert_file` and `key_file`", "{name}: {{"),
        (f"tls: true, ca_file: no.pem, {PAIR}", "127.0.0.1", "there is no file", "ca_file: no.pem"),
        ("tls: true, cert_file: no.pem, key_file: tls/key.pem", "127.0.0.1", "there is no file", "cert_file: no.pem"),
        ("tls: true, cert_file: tls/cert.pem, key_file: /no.key", "localhost", "there is no file /no.key", "key_file: /no.key"),
        ("tls: true, cert_file: no.pem, key_file: /no.key", "pbx.example", "there is no file", "cert_file: no.pem"),
        ("ca_file: tls/ca.pem", "127.0.0.1", "of no use without `tls: true`", "ca_file: tls/ca.pem"),
        (f"tls: true, in_clear: true, {PAIR}", "127.0.0.1", "by TLS and in clear", "in_clear: true"),
        (f"tls: true, {PAIR}", "0.0.0.0", "no certificate can be for 0.0.0.0", "host: 0.0.0.0, port"),
    ],
)  # fmt: skip
def test_what_is_missing_or_odd(tmp_path: Path, name: str, keys: str, host: str, said: str, at: str) -> None:
    site = by_tls(tmp_path, name, keys, host)
    found = [fault for fault in site.faults() if said in fault.message]
    assert [(fault.line, fault.column) for fault in found] == [site.place("ivrd.yaml", at.format(name=name))]


@pytest.mark.parametrize("name", BOTH)
def test_beyond_the_loopback_tls_is_enough_and_the_files_may_be_elsewhere(tmp_path: Path, name: str) -> None:
    permit = ", permit: [192.0.2.7]" if name == "ami" else ""
    keys = f"tls: true, cert_file: /keys/pbx.pem, key_file: /keys/pbx.key{permit}"
    assert by_tls(tmp_path, name, keys, "pbx.example").faults() == list[Fault]()


def test_who_may_come_to_the_manager(tmp_path: Path) -> None:
    site = by_tls(tmp_path, "ami", "tls: true, cert_file: /c.pem, key_file: /c.key", "192.0.2.1")
    [fault] = site.faults()
    assert (fault.message, fault.hint) == (
        "nobody who comes to 192.0.2.1 would be let in", "the address from which ivrd comes: permit: [192.0.2.7]",
    )  # fmt: skip
    site.edit("ivrd.yaml", "key_file: /c.key", "key_file: /c.key, permit: [everybody]")
    assert [fault.message for fault in site.faults()] == ["'everybody' is no address and no network"]


@pytest.mark.parametrize("name", BOTH)
def test_a_certificate_that_does_not_fit_is_a_fault_of_the_check_alone(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    site = by_tls(tmp_path, name, f"tls: true, ca_file: tls/ca.pem, {PAIR}")
    assert [f for f in check(tmp_path / "config").errors if f.rule == "certificate"] == list[Fault]()
    made(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "ca.pem", tmp_path / "tls" / "ca.pem")
    [fault] = [f for f in check(tmp_path / "config").errors if f.rule == "certificate"]
    assert (fault.line, fault.column) == site.place("ivrd.yaml", "ca_file: tls/ca.pem")
    assert "would not be trusted" in fault.message
    assert fault.hint == "ca_file must hold the certificate that signed it"
    load(tmp_path / "config")  # a certificate must not keep `ivrd rescue --now` from starting
    assert main(["--config", str(tmp_path / "config"), "check"]) == 1
    assert fault.message in capsys.readouterr().out


def link(directory: Path, host: str = "127.0.0.1") -> Ari:
    return Ari(
        host=host, tls=True, ca_file=directory / "ca.pem", cert_file=directory / "cert.pem", key_file=directory / "key.pem"
    )  # fmt: skip


def test_what_does_not_fit_is_found_before_the_wire_is(tmp_path: Path) -> None:
    made(tmp_path / "a")
    made(tmp_path / "b")
    made(tmp_path / "old", days=30)
    good = link(tmp_path / "a")
    spoilt = tmp_path / "spoilt.pem"
    spoilt.write_text("no certificate")

    def told(settings: Ari) -> tuple[str, str]:
        found = unfit(settings)
        assert found
        return found[0], found[1].partition(" (")[0]

    assert unfit(good) is None
    assert unfit(dataclasses.replace(good, key_file=Path("/nowhere"))) is None  # on Asterisk's machine, or not ours to read
    assert told(dataclasses.replace(good, key_file=tmp_path / "b" / "key.pem")) == ("cert_file", "cert_file and key_file are no pair")
    assert told(dataclasses.replace(good, ca_file=spoilt, key_file=Path("/nowhere"))) == ("ca_file", f"{spoilt} cannot be used")
    assert told(dataclasses.replace(good, ca_file=None)) == ("ca_file", "Asterisk's certificate would not be trusted")
    assert told(link(tmp_path / "old")) == ("cert_file", "Asterisk's certificate is out of its time")
    for host in ("127.0.0.2", "localhost"):
        assert told(link(tmp_path / "a", host)) == ("host", f"Asterisk's certificate is not for {host}")


def test_certificate_and_name_are_always_looked_at(tmp_path: Path) -> None:
    made(tmp_path)
    for context in (trusting(None), trusting(tmp_path / "ca.pem"), Trust("ari", link(tmp_path)).context):
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_the_file_is_read_anew_and_one_that_is_spoilt_is_named(tmp_path: Path) -> None:
    made(tmp_path)
    trust = Trust("ami", Ami(tls=True, ca_file=tmp_path / "ca.pem"))
    first = trust.context
    assert trust.context is first
    assert trust.renewed() is not first
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(TrustError, match=r"^asterisk\.ami\.ca_file .*ca\.pem cannot be used"):
        trust.renewed()
