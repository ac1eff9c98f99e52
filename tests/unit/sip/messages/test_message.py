"""Parts that we read from a SIP message ourselves."""

from __future__ import annotations

import pytest

from voip.causes import Cause, CauseKind
from voip.protection import Digest
from voip.sip.messages import message as messages

_BASIC = 'WWW-Authenticate: Basic realm="x", algorithm=MD5'
_DIGEST = 'WWW-Authenticate: Digest realm="x", nonce="y"'


def _response(*headers: str, code: int = 401) -> str:
    return "\r\n".join((f"SIP/2.0 {code} Said", *headers, "", ""))


@pytest.mark.parametrize(
    "message",
    [
        _response(_DIGEST),
        _response(_DIGEST + ", algorithm=MD5"),
        _response(_DIGEST + ', algorithm="sha-256"'),
        _response(_DIGEST + ", algorithm = SHA-512-256"),
        _response(_BASIC, _DIGEST),
        _response(_DIGEST + ", algorithm=ROT13", _DIGEST),
        _response(),
        _response(_BASIC, code=403),
        "INVITE sip:x SIP/2.0\r\n" + _BASIC + "\r\n\r\n",
        _response("Subject: " + _BASIC),
        _response() + _BASIC,
    ],
)
def test_a_password_could_answer(message: str) -> None:
    assert messages.unusable_challenge(message) is None


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (_response(_BASIC), "Basic"),
        (_response("proxy-authenticate:\tBearer", code=407), "Bearer"),
        (_response(_DIGEST + ", algorithm=ROT13"), "Digest with ROT13"),
        (_response("WWW-Authenticate: Basic\x1b]0;owned\x07"), "Basic"),
        (_response(f"WWW-Authenticate: {'A' * 900}"), "A" * 20),
    ],
)
def test_no_password_could(message: str, named: str) -> None:
    cause = Cause(CauseKind.UNSAFE_CHALLENGE, (named,))
    assert messages.unusable_challenge(message) == cause


@pytest.mark.parametrize(
    ("algorithms", "minimum", "offered"),
    [
        (("MD5",), Digest.SHA_256, "MD5"),
        ((None,), Digest.SHA_256, "MD5"),
        (("md5", "SHA-256"), Digest.SHA_512_256, "MD5"),
        (("MD5", "SHA-256"), Digest.SHA_256, None),
        (("SHA-512-256",), Digest.SHA_512_256, None),
        (("MD5",), Digest.MD5, None),
    ],
)
def test_a_challenge_below_the_weakest_digest_has_a_cause(
    algorithms: tuple[str | None, ...], minimum: Digest, offered: str | None
) -> None:
    headers = "\r\n".join(
        _DIGEST if algorithm is None else f"{_DIGEST}, algorithm={algorithm}"
        for algorithm in algorithms
    )
    cause = messages.unusable_challenge(_response(headers), minimum)
    if offered is None:
        assert cause is None
    else:
        assert cause == Cause(CauseKind.WEAK_CHALLENGE, (offered, minimum.upper()))


@pytest.mark.parametrize(
    ("message", "there"),
    [
        ("SIP/2.0 183 Said\r\n\r\nv=0\r\nm=audio 0 RTP/AVP 0\r\n", True),
        ("SIP/2.0 183 Said\n\nm=text 1 x 0", True),
        ("SIP/2.0 183 Said\r\n\r\nv=0\r\ns=m=audio\r\n", False),
        ("SIP/2.0 183 Said\r\nm=audio 0 RTP/AVP 0\r\n\r\n", False),
        ("SIP/2.0 183 Said\r\n\r\n", False),
    ],
)
def test_a_session_is_one_of_any_kind(message: str, there: bool) -> None:
    assert messages.has_session(message) is there


@pytest.mark.parametrize("header", ["From: {}", "f:{}", "FROM :\t{}"])
def test_a_sender_is_read_whole(header: str) -> None:
    long = f'"Long" <sip:{"x" * 300}@pbx.test>;tag=1'
    message = f"INVITE sip:x SIP/2.0\r\n{header.format(long)}\r\nTo: <sip:y>\r\n\r\n"
    assert messages.sender(message) == long


def test_a_sender_may_take_several_lines() -> None:
    message = 'INVITE sip:x SIP/2.0\r\nFrom: "Two\r\n\tlines"\r\n <sip:x@y>\r\nTo: z\r\n\r\n'
    assert messages.sender(message) == '"Two lines" <sip:x@y>'


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (("Require: outbound", "Flow-Timer: 120"), 120),
        (("Supported: path, Outbound", "flow-timer:\t25 "), 25),
        (("k: outbound", "Flow-Timer: 999999999"), 999_999_999),
        (("Flow-Timer: 120",), None),
        (("Supported: outbounds", "Flow-Timer: 120"), None),
        (("Require: outbound",), None),
        (("Require: outbound", "Flow-Timer: 0"), None),
        (("Require: outbound", "Flow-Timer: -5"), None),
        (("Require: outbound", "Flow-Timer: 20 and more"), None),
        (("Require: outbound", "Flow-Timer: 9999999999"), None),
        (("Require: outbound", "Subject: Flow-Timer: 20"), None),
    ],
)
def test_a_flow_timer_is_one_of_a_server_with_outbound(
    headers: tuple[str, ...], seconds: int | None
) -> None:
    assert messages.flow_timer_s(_response(*headers, code=200)) == seconds
    assert messages.flow_timer_s(_response(code=200) + "\r\n".join(headers)) is None


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("<sip:alice@Pbx.test>;tag=1", "pbx.test"),
        ('"<sip:x@evil.test>" <sips:alice@pbx.test:5061;transport=tls>', "pbx.test"),
        ("sip:alice@pbx.test;tag=1", "pbx.test"),
        ("<sip:alice@[2001:DB8::1]:5061>", "[2001:db8::1]"),
        ("<tel:+15550100>", ""),
        ("<sip:pbx.test>", ""),
        ("", ""),
    ],
)
def test_the_host_of_whom_a_request_is_for(value: str, host: str) -> None:
    assert messages.recipient_host(f"INVITE sip:x SIP/2.0\r\nTo: {value}\r\n\r\n") == host


def test_a_request_for_nobody_has_no_host() -> None:
    assert messages.recipient_host("INVITE sip:x SIP/2.0\r\n\r\n") == ""


@pytest.mark.parametrize(
    ("session", "by_ipv4"),
    [
        ("c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n", True),
        ("c=IN IP6 2001:db8::1\r\nm=audio 4000 RTP/AVP 0\r\n", False),
        ("c=IN IP6 ::1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n", True),
        ("c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::1\r\n", False),
        (
            "c=IN IP6 ::1\r\nm=video 4002 RTP/AVP 99\r\nc=IN IP4 192.0.2.1\r\n"
            "m=audio 4000 RTP/AVP 0\r\n",
            False,
        ),
        ("c=IN IP4 192.0.2.1\r\nm=video 4002 RTP/AVP 99\r\n", False),
        ("", False),
    ],
)
def test_the_family_of_the_voice(session: str, by_ipv4: bool) -> None:
    message = f"SIP/2.0 200 OK\r\nTo: <sip:a@b>\r\n\r\n{session}"
    assert messages.voice_by_ipv4(message) is by_ipv4


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        (('Reason: SIP;cause=200;text="Call completed elsewhere"',), True),
        (("Reason: SIP ; Cause = 200",), True),
        (("reason:Q.850;cause=26",), True),
        (("Reason: Q.850;cause=16, SIP;cause=200",), True),
        (("Reason: Q.850;cause=16", "Reason: SIP;cause=200"), True),
        (("Reason: Q.850;cause=16", " ,SIP;cause=200"), True),
        ((), False),
        (("Reason: SIP;cause=487",), False),
        (("Reason: SIP;cause=2000",), False),
        (("Reason: SIP;cause=26",), False),
        (("Reason: Q.850;cause=200",), False),
        (("Reason: SIPS;cause=200",), False),
        (("Reason: SIP;cause=487;cause=200",), False),
        (("Reason: SIP;becauses=200",), False),
        (("Reason: SIP",), False),
        (("Reason: ,;=,",), False),
        (('Reason: SIP;cause=487;text=", SIP;cause=200"',), False),
        (('Reason: SIP;text="a\\", SIP;cause=200"',), False),
        (('Reason: SIP;text="a;cause=200',), False),
        (("Subject: Reason: SIP;cause=200",), False),
        (("X-Reason: SIP;cause=200",), False),
    ],
)
def test_a_cancel_tells_that_another_phone_answered(
    headers: tuple[str, ...], elsewhere: bool
) -> None:
    lines = "".join(f"{header}\r\n" for header in headers)
    assert messages.answered_elsewhere(f"CANCEL sip:x SIP/2.0\r\n{lines}\r\n") is elsewhere
    assert not messages.answered_elsewhere(f"CANCEL sip:x SIP/2.0\r\n\r\n{lines}")
    assert not messages.answered_elsewhere(f"BYE sip:x SIP/2.0\r\n{lines}\r\n")


@pytest.mark.parametrize(
    ("headers", "tag"),
    [
        ("SIP-ETag: dx200xyz\r\n", "dx200xyz"),
        ("sip-etag : a.1~\r\n", "a.1~"),
        ("", None),
        ("SIP-ETag:\r\n", None),
        ("SIP-ETag: a\r\nSIP-ETag: b\r\n", None),
        ("SIP-ETag: a, b\r\n", None),
        ('SIP-ETag: "a b"\r\n', None),
        ("SIP-ETag: a\r\n Route: <sip:x>\r\n", None),
        (f"SIP-ETag: {'a' * 256}\r\n", "a" * 256),
        (f"SIP-ETag: {'a' * 257}\r\n", None),
    ],
)
def test_a_tag_of_a_publication_is_one_token(headers: str, tag: str | None) -> None:
    assert messages.entity_tag(f"SIP/2.0 200 OK\r\n{headers}\r\nSIP-ETag: body") == tag


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("60", 60), ("0", 0), ("-1", None), ("1e3", None), ("٣", None), ("9" * 10, None), ("", None)],
)
def test_seconds_of_a_header_are_a_number(value: str, seconds: int | None) -> None:
    assert (
        messages.seconds(f"SIP/2.0 423 X\r\nMin-Expires: {value}\r\n\r\n", "Min-Expires") == seconds
    )


def test_a_phrase_is_that_of_a_response() -> None:
    assert messages.phrase("SIP/2.0 489 Bad Event\r\n\r\n") == "Bad Event"
    assert messages.phrase("PUBLISH sip:a@b SIP/2.0\r\n\r\n") == ""
