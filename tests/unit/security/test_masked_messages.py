"""A traced message keeps its secrets in every spelling."""

from __future__ import annotations

from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.security.masking import readable

_MESSAGE = """REGISTER sip:pbx.test SIP/2.0\r
Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bK1\r
From: <sip:alice@pbx.test>;tag=1\r
Authorization: Digest username="alice", realm="pbx.test",\r
 nonce="abcdef", response="0123456789"\r
Content-Length: 0\r
\r
"""

_SDP = """v=0\r
m=audio 4000 RTP/SAVP 0\r
a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:c2VjcmV0\r
a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyO\r
a=ice-ufrag:F7gI\r
a=ice-pwd:x9cml/YzichV2+XlhiMu8g\r
k=clear:rattle\r
"""


def test_a_message_is_unfolded_and_its_credentials_are_masked() -> None:
    lines = readable(_MESSAGE)
    assert lines[0] == "REGISTER sip:pbx.test SIP/2.0"
    assert "Authorization: [masked]" in lines
    assert not any("response" in line or "0123456789" in line for line in lines)
    assert lines[-1] == ""


def test_keys_are_masked_and_the_suite_is_told() -> None:
    assert readable(_SDP) == (
        "v=0",
        "m=audio 4000 RTP/SAVP 0",
        "a=crypto:1 AES_256_CM_HMAC_SHA1_80 [masked]",
        "a=key-mgmt: [masked]",
        "a=ice-ufrag:F7gI",
        "a=ice-pwd: [masked]",
        "k= [masked]",
        "",
    )


def test_a_challenge_tells_everything_but_its_nonce() -> None:
    (line,) = readable('WWW-Authenticate: Digest realm="pbx", nonce="abc", qop="auth", nonce = abc')
    assert line == (
        'WWW-Authenticate: Digest realm="pbx", nonce=[masked], qop="auth", nonce=[masked]'
    )


_ALPHABET = ascii_letters + digits + "+/"
# No word around the secret begins like it.
_secrets = st.text(_ALPHABET, min_size=12, max_size=40).map(lambda text: f"q7Zx{text}")
_blanks = st.sampled_from(["", " ", "  ", "\t", "\r\n ", "\n\t"])
_cases = st.sampled_from([str.lower, str.upper, str.title])


@pytest.mark.parametrize(
    "line",
    [
        "{authorization}{a}:{b}Digest{b} username=x, response={secret}",
        "{proxy-authorization}{a}:{b}Basic {secret}",
        "{authentication-info}:{b}rspauth=x,{b} nextnonce={secret}",
        "{www-authenticate}: Digest realm=x, {nonce}{a}={a}{secret}",
        '{www-authenticate}: Digest realm=x, {nonce}{a}={a}"{secret}"',
        "{a=crypto}:1 AES_CM_128_HMAC_SHA1_80 {inline}:{secret}|2^20|1:4",
        "{a=crypto}{a}:{b}1{b} {secret}",
        "{a=crypto}:1 {secret} ",
        "{a=key-mgmt}:{b}mikey {secret}",
        "{k=}base64:{secret}",
    ],
)
@given(
    secret=_secrets, blank=_blanks, other=_blanks, case=_cases,
    before=st.sampled_from(["v=0\r\n", "To: <sip:x@y>\r\n", "\n", ""]), after=st.text(max_size=20),
)  # fmt: skip
def test_no_secret_is_shown_however_its_line_is_written(
    line: str, secret: str, blank: str, other: str, case: object, before: str, after: str
) -> None:
    assert callable(case)
    words = {name: case(name) for name in (
        "authorization", "proxy-authorization", "authentication-info", "www-authenticate",
        "nonce", "a=crypto", "inline", "a=key-mgmt", "k=",
    )}  # fmt: skip
    for name, word in words.items():
        line = line.replace(f"{{{name}}}", word)
    written = line.replace("{a}", blank).replace("{b}", other).replace("{secret}", secret)
    shown = "\n".join(readable(f"{before}{written}\r\n{after}"))
    assert secret not in shown.replace(after, "")


@given(st.text(max_size=300))
def test_any_text_becomes_lines(text: str) -> None:
    assert all("\n" not in line and "\r" not in line for line in readable(text))


def test_a_text_is_masked_and_its_headers_are_told() -> None:
    head = "MESSAGE sip:bob@pbx.test SIP/2.0\r\nContent-Type: text/plain\r\nContent-Length: 18"
    lines = readable(f"{head}\r\n\r\nmeet me\r\n\r\nat noon")
    assert lines == (*head.split("\r\n"), "", "[masked]")
    assert readable(f"{head}\r\n\r\n") == tuple(head.split("\r\n"))
