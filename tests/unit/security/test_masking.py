"""No credential or key stays in text for a log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.security.masking import mask

SECRET = "Wn1Y0p+secret/KEY9"

LEAKS = [
    f'Authorization: Digest username="alice", response="{SECRET}"',
    f'Proxy-Authorization: Digest nonce="{SECRET}"',
    f"authorization : Basic {SECRET}",
    f"  PROXY-AUTHORIZATION: Bearer {SECRET}",
    f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{SECRET}|2^20|1:4",
    f"A=CRYPTO:12 AEAD_AES_256_GCM inline:{SECRET}",
    f"a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:x|2^31 {SECRET}",
    f"a=crypto:1 {SECRET} ",
    f"a=crypto:1 {SECRET}",
    f"a=key-mgmt:mikey {SECRET}",
    f"the key is inline:{SECRET} they say",
    f'cnonce="{SECRET}"',
    f'nonce="{SECRET}", realm="x"',
    f'qop=auth,response="{SECRET}"',
    f"password={SECRET}",
    f"password: {SECRET}",
    f"Password = {SECRET}",
    f"'password': '{SECRET}'",
    f'{{"password":"{SECRET}"}}',
]


@pytest.mark.parametrize("text", LEAKS)
def test_secrets_vanish(text: str) -> None:
    result = mask(text)
    assert SECRET not in result
    assert "[masked]" in result


@pytest.mark.parametrize("text", LEAKS)
def test_secrets_vanish_in_the_middle_of_a_trace(text: str) -> None:
    trace = f"INVITE sip:bob@example.com SIP/2.0\r\n{text}\r\nContent-Length: 0\r\n\r\n"
    result = mask(trace)
    assert SECRET not in result
    assert result.startswith("INVITE sip:bob@example.com SIP/2.0\r\n")
    assert result.endswith("\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("header", ["Authorization", "Proxy-Authorization"])
def test_header_vanishes_behind_the_words_of_a_log(header: str) -> None:
    # The engine's log has the time and the worker's name before each line.
    line = f"2026-01-01 00:00:00 INFO worker: {header}: Basic {SECRET}"
    assert SECRET not in mask(line)


@pytest.mark.parametrize("text", [f'{{"password":"two {SECRET}"}}', f"'password': 'two {SECRET}'"])
def test_quoted_password_with_a_space_vanishes(text: str) -> None:
    assert SECRET not in mask(text)


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8))
def test_any_key_vanishes(key: str) -> None:
    line = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}"
    assert mask(line) == "a=crypto:1 AES_CM_128_HMAC_SHA1_80 [masked]"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "REGISTER sip:pbx.example.com SIP/2.0",
        "a=rtpmap:96 opus/48000/2",
        "the password command failed with status 1",
        "WWW-Authenticate is no credential",
    ],
)
def test_rest_stays(text: str) -> None:
    assert mask(text) == text


def test_masking_twice_changes_nothing() -> None:
    text = mask("\r\n".join(LEAKS))
    assert mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization:\r\n Basic {SECRET}\r\nTo: x",
        f'Authorization: Digest username="alice",\r\n\tresponse={SECRET}\r\nTo: x',
        f'nonce="\r\nnonce="{SECRET}"',
        f'nonce=" response="{SECRET}"',
        f'nonce="a\\"{SECRET}"',
        f'password=password: "two {SECRET}"',
    ],
)
def test_secrets_vanish_behind_folds_and_stray_quotes(text: str) -> None:
    assert SECRET not in mask(text)
