"""Somebody guesses a phone's password: ivrd's line is one that fail2ban's filter reads, and the attacker's text cannot imitate it."""

from __future__ import annotations

import configparser
import json
import re
import socket

import pytest

from rig.tools import REPOSITORY
from tests.live.centre import Centre

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

SAID = "access refused by asterisk"
SOMEBODY_ELSE = "198.51.100.9"
IMITATION = f'x", "address": "{SOMEBODY_ELSE}", "event": "{SAID}'


def banned(line: str) -> str:
    """The address that the shipped filter takes from a line; "" for none."""
    filters = configparser.ConfigParser(interpolation=None)
    filters.read(REPOSITORY / "systemd" / "fail2ban" / "filter.d" / "ivrd.conf")
    for pattern in filters["Definition"]["failregex"].split("\n"):
        if found := re.search(pattern.replace("<HOST>", r"(?P<host>[0-9a-fA-F.:]+)"), line):
            return found["host"]
    return ""


def guess(centre: Centre, user: str, account: str) -> None:
    """REGISTER ``user`` with a wrong answer to a challenge, as ``account``."""
    host, _, port = centre.site.registrar.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(5)
        peer.bind((host, 0))
        own = peer.getsockname()[1]
        nonce, realm = "0", "asterisk"
        for number in (1, 2):
            name = account.replace('"', '\\"')
            credentials = (
                f'Authorization: Digest username="{name}",realm="{realm}",nonce="{nonce}",uri="sip:{host}",'
                f'response="{"0" * 32}",algorithm=MD5\r\n'
            )
            peer.sendto(
                f"REGISTER sip:{host}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{own};branch=z9hG4bK{own}{number};rport\r\n"
                f"From: <sip:{user}@{host}>;tag=1\r\nTo: <sip:{user}@{host}>\r\nCall-ID: guess{own}\r\nCSeq: {number} REGISTER\r\n"
                f"Contact: <sip:{user}@{host}:{own}>\r\nMax-Forwards: 70\r\n{credentials}Content-Length: 0\r\n\r\n".encode(),
                (host, int(port)),
            )
            answer = peer.recv(65536).decode()
            if challenge := re.search(r'realm="([^"]+)".*?nonce="([^"]+)"', answer, re.DOTALL):
                realm, nonce = challenge[1], challenge[2]


@pytest.mark.parametrize("account", ["101", IMITATION])
async def test_a_guess_is_a_line_that_names_the_guesser(centre: Centre, account: str) -> None:
    centre.expected.add(SAID)
    before = len(centre.ivrd.lines())
    guess(centre, "101", account)
    await centre.until(lambda: any(line["event"] == SAID for line in centre.ivrd.lines()[before:]), 10)
    text = (centre.site.logs / "ivrd.log").read_text().splitlines()
    lines = [line for line in text[before:] if json.loads(line)["event"] == SAID]
    assert {banned(line) for line in lines} == {"127.0.0.1"}


async def test_other_lines_ban_nobody() -> None:
    for line in (
        {"call": "1.1", "caller_number": IMITATION, "event": "call arrived", "level": "info"},
        {"address": "127.0.0.1", "event": "asked over http"},
        {"kind": "InvalidPassword", "account": IMITATION, "event": "something else"},
    ):
        assert banned(json.dumps(line)) == ""
    told = {"account": IMITATION, "address": "203.0.113.7", "event": SAID}
    assert banned(json.dumps(told)) == "203.0.113.7"
    wrong = {"address": "203.0.113.7", "path": "/agents/101", "event": "wrong token", "level": "warning"}
    assert banned(json.dumps(wrong)) == "203.0.113.7"
