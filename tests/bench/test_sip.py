"""As much of SIP as the benchmark speaks."""

from __future__ import annotations

from bench import sip

INVITE = (
    b"INVITE sip:101@127.0.0.1:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
    b'f: "Budi" <sip:0811@127.0.0.1>;tag=x\r\nTo: <sip:101@127.0.0.1>\r\nCall-ID: abc\r\n'
    b"CSeq: 7 INVITE\r\nm: <sip:asterisk@127.0.0.1:5060>\r\n\r\n"
    b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 10002 RTP/AVP 8\r\n"
)


def test_a_request_is_read_short_names_too() -> None:
    message = sip.parse(INVITE)
    assert message is not None
    assert (message.status, message.method, sip.user_of(message.target)) == (0, "INVITE", "101")
    assert sip.user_of(message.get("from")) == "0811"
    assert sip.uri_of(message.get("contact")) == "sip:asterisk@127.0.0.1:5060"
    assert sip.audio_of(message.body) == ("127.0.0.1", 10002)


def test_an_answer_repeats_what_identifies_its_request() -> None:
    request = sip.parse(INVITE)
    assert request is not None
    answer = sip.parse(sip.response(request, "200 OK", "mine", body=sip.sdp("127.0.0.1", 4000)))
    assert answer is not None
    assert (answer.status, answer.method) == (200, "INVITE")
    assert [answer.get(h) for h in ("via", "call-id", "cseq")] == [
        request.get(h) for h in ("via", "call-id", "cseq")
    ]
    assert answer.get("to") == "<sip:101@127.0.0.1>;tag=mine"
    assert int(answer.get("content-length")) == len(answer.body)
    assert sip.audio_of(answer.body) == ("127.0.0.1", 4000)


def test_what_is_not_sip_is_nothing() -> None:
    assert sip.parse(b"\r\n\r\n") is None


def test_credentials_of_the_example_in_rfc_2617_without_qop() -> None:
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    answer = sip.credentials(challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in answer


def test_credentials_with_qop_carry_count_and_own_nonce() -> None:
    challenge = 'Digest realm="asterisk",nonce="1/2",opaque="o",algorithm=MD5,qop="auth"'
    answer = sip.credentials(challenge, "REGISTER", "sip:127.0.0.1", "101", "secret")
    assert "qop=auth" in answer
    assert "nc=00000001" in answer
    assert 'opaque="o"' in answer
