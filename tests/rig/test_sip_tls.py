"""SIP by TLS and SRTP on the real Asterisk: it loads without a complaint, answers by TLS, and refuses audio in clear."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from ivrd.daemon.clock import SystemClock
from rig import certificates
from rig.asterisk import AsteriskProcess
from rig.certificates import Certificates
from rig.site import SitePaths, make_site, remove, scratch
from rig.tools import free_ports

pytestmark = pytest.mark.live


@dataclass
class House:
    """An Asterisk with TLS."""

    site: SitePaths
    asterisk: AsteriskProcess
    files: Certificates
    port: int

    async def send(self, request: str, context: ssl.SSLContext) -> str:
        """The head of the answer."""
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context)
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            writer.close()
        return head.decode()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    root = scratch()
    files = certificates.make(root / "tls", dt.datetime.fromtimestamp(SystemClock().now(), dt.UTC))
    [port] = free_ports(1)
    tls = {"port": port, "cert_file": "tls/cert.pem", "key_file": "tls/key.pem", "ca_file": "tls/ca.pem", "phones": True}
    site = make_site(root, agents={"101": {"name": "Adi"}}, overrides={"ivrd.yaml": {"asterisk": {"sip": {"tls": tls}}}})
    async with AsteriskProcess(site.etc, site.logs / "asterisk.log") as asterisk:
        yield House(site, asterisk, files, port)
    remove(root)


def request(method: str, user: str = "101") -> str:
    return (
        f"{method} sip:{user}@127.0.0.1;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK1;rport\r\n"
        f"From: <sip:{user}@127.0.0.1>;tag=1\r\nTo: <sip:{user}@127.0.0.1>\r\nCall-ID: tls-test\r\nCSeq: 1 {method}\r\n"
        f"Contact: <sip:{user}@127.0.0.1:9;transport=tls>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )


async def test_options_are_answered_by_tls(house: House) -> None:
    context = ssl.create_default_context(cafile=house.files.ca)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    answer = await house.send(request("OPTIONS"), context)
    assert re.match(r"SIP/2\.0 (200|401) ", answer), answer
    log = house.site.asterisk_log.read_text()
    assert [line for line in log.splitlines() if " WARNING[" in line or " ERROR[" in line] == []


async def test_a_phone_is_asked_for_its_password_by_tls_too(house: House) -> None:
    answer = await house.send(request("REGISTER"), ssl.create_default_context(cafile=house.files.ca))
    assert answer.startswith("SIP/2.0 401 ")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_old_versions_of_tls_are_refused(house: House) -> None:
    context = ssl.create_default_context(cafile=house.files.ca)
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it is not we who refuse
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        await house.send(request("OPTIONS"), context)


async def test_a_phone_has_srtp_and_nothing_else(house: House) -> None:
    shown = await house.asterisk.console("pjsip show endpoint 101")
    facts = dict(re.findall(r"^ *(\w+) +: (.*)$", shown, re.MULTILINE))
    assert facts["media_encryption"].strip() == "sdes"
    assert facts["media_encryption_optimistic"].strip() == "false"
    assert facts["transport"].strip() == "transport-tls"
    trunk = await house.asterisk.console("pjsip show endpoint trunk")
    assert "transport-udp" in trunk  # the carrier was not switched on
