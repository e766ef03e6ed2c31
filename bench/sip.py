"""As much of SIP as the benchmark's callers and phones speak. Pure: text in, text out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

CRLF = "\r\n"
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]*))')
_USER = re.compile(r"sips?:([^@>;]+)@")
_URI = re.compile(r"<([^>]+)>")
_AUDIO = re.compile(r"^m=audio (\d+) ", re.MULTILINE)
_HOST = re.compile(r"^c=IN IP4 (\S+)", re.MULTILINE)
#: headers that a response repeats from its request
_ECHOED = frozenset({"via", "record-route", "from", "call-id", "cseq"})
_LONG = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}


@dataclass(frozen=True)
class Message:
    """One request or response; header names in lower case, in order."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    def get(self, name: str) -> str:
        """The first header of that name; "" when there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def status(self) -> int:
        """Status of a response; 0 for a request."""
        return int(self.start[8:11]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """Method of a request, or of the request that a response answers."""
        return self.get("cseq").partition(" ")[2].strip()

    @property
    def target(self) -> str:
        """Request-URI."""
        return self.start.split(" ")[1]


def parse(data: bytes) -> Message | None:
    """A packet as a message; None for keep-alives and what is not SIP."""
    head, _, body = data.decode("utf-8", "replace").partition(CRLF * 2)
    start, *lines = head.split(CRLF)
    if "SIP/2.0" not in start:
        return None
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            headers.append((_LONG.get(key, key), value.strip()))
    return Message(start, tuple(headers), body)


def render(start: str, headers: Sequence[tuple[str, str]], body: str = "") -> bytes:
    """A message as a packet."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append("Content-Type: application/sdp")
    lines.append(f"Content-Length: {len(body)}")
    return (CRLF.join(lines) + CRLF * 2 + body).encode()


def response(
    request: Message, status: str, tag: str, extra: Sequence[tuple[str, str]] = (), body: str = ""
) -> bytes:
    """The answer to a request: ``status`` is "200 OK" and the like, ``tag`` our side of the dialog."""
    headers = [(k.title(), v) for k, v in request.headers if k in _ECHOED]
    to = request.get("to")
    headers.append(("To", to if ";tag=" in to or not tag else f"{to};tag={tag}"))
    return render(f"SIP/2.0 {status}", [*headers, *extra], body)


def user_of(address: str) -> str:
    """User part of a URI or a name-addr; "" when there is none."""
    match = _USER.search(address)
    return match[1] if match else ""


def uri_of(address: str) -> str:
    """The URI of a name-addr."""
    match = _URI.search(address)
    return match[1] if match else address.partition(";")[0].strip()


def sdp(host: str, port: int, direction: str = "sendrecv", version: int = 1) -> str:
    """An offer, or an answer: A-law in frames of 20 ms. ``version`` grows with each new offer of a call (RFC 3264, 8)."""
    lines = ["v=0", f"o=- 1 {version} IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
    lines += [f"m=audio {port} RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", f"a={direction}"]
    return CRLF.join(lines) + CRLF


def audio_of(body: str) -> tuple[str, int] | None:
    """Where the other side wants its audio; None when it says nothing of audio."""
    port, host = _AUDIO.search(body), _HOST.search(body)
    return (host[1], int(port[1])) if port and host else None


def credentials(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """The Authorization header that answers a WWW-Authenticate one (digest, MD5, qop auth or none)."""
    asked = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(challenge)}
    realm, nonce = asked["realm"], asked["nonce"]
    ha1, ha2 = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{uri}")
    parts = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "qop" in asked:
        count, own = "00000001", _md5(nonce)[:8]
        parts += ["qop=auth", f"nc={count}", f'cnonce="{own}"']
        answer = _md5(f"{ha1}:{nonce}:{count}:{own}:auth:{ha2}")
    else:
        answer = _md5(f"{ha1}:{nonce}:{ha2}")
    parts += [f'response="{answer}"', "algorithm=MD5"]
    if "opaque" in asked:
        parts.append(f'opaque="{asked["opaque"]}"')
    return "Digest " + ", ".join(parts)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
