"""Well-formed SIP of every kind a worker reads, as seeds of mutations."""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.support.peers import sip

_SDP = "application/sdp"


class Kind(NamedTuple):
    """A request or response without its dialog.

    `body` may hold `{host}` and `{port}`.
    """

    name: str
    extra: tuple[str, ...] = ()
    body: str = ""
    body_type: str = _SDP


_ICE = (
    "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", "a=rtcp-mux",
    "a=candidate:1 1 UDP 2130706431 {host} {port} typ host",
    "a=candidate:2 2 UDP 1694498814 {host} 9 typ srflx raddr 127.0.0.1 rport 9",
    "a=remote-candidates:1 {host} {port}",
)  # fmt: skip
_DTLS = (
    "a=setup:actpass", "a=fingerprint:SHA-256 " + ":".join(["AB"] * 32),
    "a=tls-id:1234567890abcdefghij",
)  # fmt: skip
_STREAM = ("a=ssrc:1234 cname:x@y", "a=rtcp:9 IN IP4 {host}", "a=ptime:20", "a=maxptime:60")
_CODECS = (
    "a=rtpmap:96 opus/48000/2", "a=fmtp:96 maxplaybackrate=16000;stereo=0;useinbandfec=1",
    "a=rtpmap:97 speex/16000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16",
    "a=rtcp-fb:96 nack pli", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
)  # fmt: skip
_VIDEO = ("m=video 0 RTP/SAVP 99", "a=rtpmap:99 H264/90000", "a=fmtp:99 profile-level-id=42e01e")
_FAX = ("m=image 9 udptl t38", "a=T38FaxVersion:0", "a=T38MaxBitRate:14400")
_GROUP = ("a=group:BUNDLE 0", "a=mid:0", "a=msid-semantic: WMS *", "b=AS:64", "b=TIAS:64000")

SESSIONS = tuple(
    sip.sdp("{host}", 0, profile, attributes).replace(" 0 RTP", " {port} RTP", 1)
    for profile, attributes in (
        ("RTP/SAVP", (sip.crypto(),)),
        ("RTP/SAVP", (sip.crypto("AES_256_CM_HMAC_SHA1_80"), sip.crypto(tag=2), *_CODECS)),
        ("RTP/SAVP", (sip.crypto("AEAD_AES_256_GCM", suffix="|2^20|1:4"), *_STREAM, *_GROUP)),
        ("RTP/SAVP", (sip.crypto(suffix=" KDR=1 ROT13=1 WSH=64"), *_VIDEO)),
        ("RTP/SAVP", (sip.crypto(), *_FAX)),
        ("RTP/SAVPF", (sip.crypto(), *_ICE, *_CODECS)),
        ("UDP/TLS/RTP/SAVP", (*_DTLS, *_ICE)),
        ("UDP/TLS/RTP/SAVPF", (*_DTLS, sip.crypto(), "a=sendonly")),
        ("RTP/AVP", (sip.crypto(), *_STREAM)),
    )
)

_TIMER = ("Supported: timer, replaces, 100rel", "Session-Expires: 90;refresher=uac", "Min-SE: 90")
_IDENTITY = (
    'P-Asserted-Identity: "Boss" <sip:boss@pbx.test>', "Privacy: id;critical", "Priority: urgent",
    "Call-Info: <http://www.example.test/a>;purpose=icon", "Alert-Info: <http://x.test/b.wav>",
    "Date: Sat, 13 Nov 2010 23:29:00 GMT", "Diversion: <sip:x@pbx.test>;reason=user-busy",
)  # fmt: skip
_ROUTES = (
    "Record-Route: <sip:p1.pbx.test;lr;transport=tls>, <sip:p2.pbx.test:5061;lr>",
    "Route: <sip:{host};lr>", "Path: <sip:p3.pbx.test;lr>", "Service-Route: <sip:p4.pbx.test;lr>",
)  # fmt: skip
_SUMMARY = (
    "Messages-Waiting: yes\r\nMessage-Account: sip:a@pbx.test\r\nVoice-Message: 2/8 (0/2)\r\n"
)
_PARTS = (
    "--b1\r\nContent-Type: application/sdp\r\nContent-ID: <1@x>\r\n\r\n"
    + SESSIONS[0]
    + "\r\n--b1\r\nContent-Type: text/plain\r\n"
    "Content-Disposition: render;handling=optional\r\n\r\n"
    "hello\r\n--b1--\r\n"
)
_MULTIPART = "multipart/mixed;boundary=b1"
_MWI = ("Event: message-summary", "Subscription-State: active;expires=600")
_MWI_TYPE = "application/simple-message-summary"
_CHALLENGE = (
    'realm="pbx.test", nonce="abc", algorithm=MD5, qop="auth,auth-int", opaque="x", stale=false'
)
_REPLACES = "Replaces: 12345%40x;to-tag=a;from-tag=b;early-only"

ANYWHERE = (
    *(Kind("INVITE", _TIMER, session) for session in SESSIONS),
    Kind("INVITE", (*_IDENTITY, *_ROUTES), SESSIONS[0]),
    Kind("INVITE", ("Require: 100rel", _REPLACES), SESSIONS[0]),
    Kind("INVITE", _IDENTITY),
    Kind("INVITE", ("MIME-Version: 1.0",), _PARTS, _MULTIPART),
    Kind("OPTIONS", ("Accept: application/sdp, text/plain;q=0.5", *_ROUTES)),
    Kind("MESSAGE", _IDENTITY, "Watson, come here.", "text/plain;charset=utf-8"),
    Kind("MESSAGE", (), "<?xml version='1.0'?><isComposing><state>active</state></isComposing>",
         "application/im-iscomposing+xml"),
    Kind("SUBSCRIBE", ("Event: presence", "Expires: 600", "Accept: application/pidf+xml")),
    Kind("NOTIFY", _MWI, _SUMMARY, _MWI_TYPE),
    Kind("NOTIFY", ("Event: refer;id=1", "Subscription-State: terminated;reason=noresource"),
         "SIP/2.0 100 Trying\r\n", "message/sipfrag;version=2.0"),
    Kind("INFO", (), "Signal=5\r\nDuration=160\r\n", "application/dtmf-relay"),
    Kind("INFO", ("Info-Package: foo", "Content-Disposition: Info-Package"), "x",
         "application/foo"),
    Kind("REFER", ("Refer-To: <sip:x@pbx.test;transport=udp?Replaces=1%40x%3Bto-tag%3Da>",
                   "Referred-By: <sip:y@pbx.test>;cid=\"1@x\"", "Refer-Sub: false")),
    Kind("UPDATE", _TIMER, SESSIONS[0]),
    Kind("PRACK", ("RAck: 1 1 INVITE",)),
    Kind("PUBLISH", ("Event: presence", "SIP-If-Match: x", "Expires: 60"), "x", "text/plain"),
    Kind("ACK"),
    Kind("CANCEL", ('Reason: SIP;cause=200;text="Call completed elsewhere"',)),
    Kind("BYE", ("Reason: Q.850;cause=16",)),
    Kind("REGISTER", ("Expires: 60",)),
)  # fmt: skip
"""Requests, within a dialog or without one."""

_ANY_ANSWERS = (
    Kind("401", (f"WWW-Authenticate: Digest {_CHALLENGE}",)),
    Kind(
        "407", (f"Proxy-Authenticate: Digest {_CHALLENGE}", 'Proxy-Authenticate: Basic realm="x"')
    ),
    Kind("401", (f"WWW-Authenticate: Digest {_CHALLENGE.replace('MD5', 'SHA-256')}",)),
    Kind("302", ("Contact: <sip:x@pbx.test;transport=udp>;q=0.7, <tel:+15550100>;expires=5",)),
    Kind("420", ("Unsupported: foo, timer",)),
    Kind("422", ("Min-SE: 120",)),
    Kind("423", ("Min-Expires: 60",)),
    Kind("503", ("Retry-After: 1 (soon);duration=5", 'Warning: 399 pbx.test "Busy"')),
)

TO_REGISTER = (
    Kind("200", ("Expires: 300", *_ROUTES, "P-Associated-URI: <sip:alice@pbx.test>")),
    Kind("200", ("Contact: <sip:a@{host}:{port};transport=tls>;expires=60;+sip.instance=\"<x>\"",
                 "Date: Sat, 13 Nov 2010 23:29:00 GMT")),
    *_ANY_ANSWERS,
)  # fmt: skip
"""Answers to REGISTER."""

TO_INVITE = (
    Kind("100"),
    Kind("180", ("Require: 100rel", "RSeq: 1", *_ROUTES)),
    Kind("183", ("Require: 100rel", "RSeq: 2"), SESSIONS[0]),
    *(Kind("183", _ROUTES[:1], session) for session in SESSIONS),
    Kind("200", ("MIME-Version: 1.0",), _PARTS, _MULTIPART),
    *(Kind("200", _TIMER, session) for session in SESSIONS),
    *_ANY_ANSWERS,
    Kind("488", ('Warning: 304 pbx.test "Media type not available"',)),
)
"""Answers to INVITE and UPDATE."""


def filled(text: str, host: str, port: int) -> str:
    return text.replace("{host}", host).replace("{port}", str(port))


def reframed(data: bytes) -> bytes:
    """`data` with a true Content-Length, so that what follows is still read."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [
        line
        for line in head.split(b"\r\n")
        if not line.lower().replace(b" ", b"").startswith((b"content-length:", b"l:"))
    ]
    lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chosen(rng: random.Random, kinds: tuple[Kind, ...]) -> Kind:
    return rng.choice(kinds)
