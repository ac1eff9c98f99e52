"""Text from the network is harmless behind this edge."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from voip.causes import Cause, CauseKind
from voip.engine.intake import asserted, clean_event, party
from voip.model import CallState, HeldBy, NameFrom, Party
from voip.protection import Certificate, MediaKind, Stream, TlsStatus, Transport
from voip.protocol.worker.calls import CallStateEvent, IncomingCall, MediaEvent
from voip.protocol.worker.process import ConnectionEvent, Done

HOSTILE = st.text(
    st.characters(exclude_categories=()) | st.sampled_from('\x1b\x9b\u202e\x00\r\n"<>\\;?'),
    max_size=300,
)


def claimed(uri: str, name: str, imitates: bool = False) -> Party:
    return Party(uri, name, imitates, NameFrom.CLAIM)


def strings(value: Any) -> list[str]:
    """Return every string in a value, at any depth."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return []


def assert_harmless(text: str) -> None:
    acting = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not {unicodedata.category(char) for char in text} & acting


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ('"Bob" <sip:bob@example.com>', claimed("sip:bob@example.com", "Bob")),
        ("Bob Smith <sip:bob@example.com>", claimed("sip:bob@example.com", "Bob Smith")),
        ("<sip:bob@example.com>", Party("sip:bob@example.com")),
        ("sip:bob@example.com", Party("sip:bob@example.com")),
        ("sip:bob@example.com;tag=1", Party("sip:bob@example.com")),
        ('"Bob" <sip:bob@example.com;user=phone>;tag=1', claimed("sip:bob@example.com", "Bob")),
        ("<sip:bob@example.com?Subject=x>", Party("sip:bob@example.com")),
        ('"A \\"B\\" \\\\C" <sip:b@example.com>',
         claimed("sip:b@example.com", "A 'B' \\C", True)),
        ('"Eve <sip:boss@example.com>" <sip:eve@example.net>',
         claimed("sip:eve@example.net", "Eve <sip:boss@example.com>", True)),
        ('""<sip:bob@example.com>', Party("sip:bob@example.com")),
        ("  Bob  <sip:bob@example.com>", claimed("sip:bob@example.com", "Bob")),
        ("", Party("")),
        ('"Bob', Party('"Bob')),
        ("Bob <sip:bob@example.com", Party("Bob <sip:bob@example.com")),
        ('"\x1b]0;x\x07" <sip:bob@example.com>',
         replace(claimed("sip:bob@example.com", "\ufffd)0;x\ufffd"), imitates=True)),
        ('"\u202egro.live" <sip:bob@example.com>',
         replace(claimed("sip:bob@example.com", "\ufffdgro.live"), imitates=True)),
        ("<tel:+15550100>", Party("tel:+15550100")),
        ("<tel:+1-555-0100;x=1>", Party("tel:+15550100")),
        ("<tel:30123;phone-context=+49>", Party("tel:+4930123")),
        ("<tel:bob;x=1>", Party("tel:bob")),
        ("<sip:+4930123;npdi;rn=+4989@example.com;user=phone>", Party("sip:+4930123@example.com")),
        ("<sip:30123;phone-context=+49@example.com>", Party("sip:+4930123@example.com")),
        ("<sip:030123;phone-context=+49@example.com>", Party("sip:030123@example.com")),
        ("<sip:100;phone-context=x.example@example.com>", Party("sip:100@example.com")),
        ("<sip:*21%23;ext=5@example.com>", Party("sip:*21%23@example.com")),
        ('"+49 30 123" <sip:+4930123;rn=+4989@example.com>',
         claimed("sip:+4930123@example.com", "+49 30 123")),
    ],
)  # fmt: skip
def test_party(address: str, expected: Party) -> None:
    assert party(address) == expected


@pytest.mark.parametrize(
    ("address", "claimed_as", "expected"),
    [
        (None, '"Bob" <sip:b@x>', claimed("sip:b@x", "Bob")),
        ('"Carol" <sip:1@pbx>', '"Bob" <sip:b@x>',
         Party("sip:1@pbx", "Carol", name_from=NameFrom.SERVER)),
        ("<sip:1@pbx>", '"Bob" <sip:b@x>', claimed("sip:1@pbx", "Bob")),
        ("<sip:1@pbx>", "<sip:b@x>", Party("sip:1@pbx")),
        ("<sip:1@pbx>", '"+49 30 123" <sip:+4930123@x>',
         replace(claimed("sip:1@pbx", "+49 30 123"), imitates=True)),
    ],
)  # fmt: skip
def test_a_party_by_the_servers_word(address: str | None, claimed_as: str, expected: Party) -> None:
    assert asserted(address, party(claimed_as)) == expected


@pytest.mark.parametrize(
    "uri", ["sip:alice;day=tuesday@example.com", "sip:what?@example.com", "sip:a;b?c@example.com"]
)
def test_user_s_own_characters_do_not_cut_the_host_off(uri: str) -> None:
    # RFC 3261 section 25.1: a user part may hold ";" and "?".
    assert party(f"<{uri};tag=1?x=y>").uri == uri


def test_long_names_are_cut() -> None:
    cleaned_party = party(f'"{"x" * 4000}" <sip:{"y" * 3000}@example.com>')
    assert len(cleaned_party.name) == 80
    assert len(cleaned_party.uri) == 256


@given(HOSTILE)
def test_any_address_gives_harmless_parts(address: str) -> None:
    cleaned_party = party(address)
    assert_harmless(cleaned_party.name)
    assert_harmless(cleaned_party.uri)
    assert len(cleaned_party.name) <= 80
    assert len(cleaned_party.uri) <= 256


@given(HOSTILE)
def test_any_display_name_stays_a_name(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    assert party(f'"{escaped}" <sip:bob@example.com>').uri == "sip:bob@example.com"


@given(HOSTILE)
def test_every_string_of_an_event_is_cleaned(text: str) -> None:
    shown = Certificate(text, text, (text, text), text, text, text)
    event = ConnectionEvent(
        id=1,
        up=True,
        outgoing=True,
        transport=Transport.TLS,
        host=text,
        port=5061,
        tls=TlsStatus(text, text, True, shown, (shown, shown)),
        cause=Cause(
            CauseKind.CONNECTION_FAILED, (text, 1), (Cause(CauseKind.OTHER_USER, (text,)),)
        ),
    )
    cleaned = clean_event(event)
    for cleaned_party in strings(msgspec.to_builtins(cleaned)):
        assert_harmless(cleaned_party)


def test_harmless_events_are_unchanged() -> None:
    events: list[msgspec.Struct] = [
        Done(id=3),
        IncomingCall(call=-1, account="work", remote='"Bob" <sip:bob@example.com>'),
        CallStateEvent(call=1, state=CallState.ACTIVE, code=200, reason="OK", connection=2),
        MediaEvent(1, (Stream(MediaKind.AUDIO, True, True, "suite"),), HeldBy.THEM),
    ]
    for event in events:
        assert clean_event(event) == event
        assert type(clean_event(event)) is type(event)


def test_states_stay_states() -> None:
    event = CallStateEvent(call=1, state=CallState.HELD, code=0, reason="")
    assert clean_event(event).state is CallState.HELD


def test_text_of_events_is_bounded() -> None:
    event = CallStateEvent(call=1, state=CallState.ENDED, code=486, reason="x" * 60_000)
    assert len(clean_event(event).reason) == 4096
