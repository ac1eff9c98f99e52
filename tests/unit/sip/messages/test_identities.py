"""Identities that a server vouches for: its headers are the network's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.sip.messages.identities import asserted, diverted_by


def _message(*headers: str) -> str:
    return "\r\n".join(("INVITE sip:alice@pbx.test SIP/2.0", *headers, "", "v=0"))


@pytest.mark.parametrize(
    ("headers", "identity"),
    [
        ((), None),
        (("P-Asserted-Identity: <sip:200@pbx.test>",), "<sip:200@pbx.test>"),
        (
            ('p-asserted-identity: "Reception, <ground> floor" <sip:200@pbx.test>;x=y',),
            '"Reception, <ground> floor" <sip:200@pbx.test>',
        ),
        (("P-Asserted-Identity: tel:+49301234;x=y",), "tel:+49301234"),
        (("P-Asserted-Identity: <tel:+4930>, <sip:+4930@pbx.test>",), "<sip:+4930@pbx.test>"),
        (
            ("P-Asserted-Identity: <tel:+4930>", "P-Asserted-Identity: <sip:1@pbx.test>"),
            "<sip:1@pbx.test>",
        ),
        (("P-Asserted-Identity:\r\n <sip:200@pbx.test>",), "<sip:200@pbx.test>"),
        (("P-Asserted-Identity: <http://pbx.test>",), None),
        (("P-Asserted-Identity: <sip:never-closed",), None),
        (("P-Asserted-Identity: <sip:1@pbx.test>", "Privacy: session; id"), None),
        (("P-Asserted-Identity: <sip:1@pbx.test>", "Privacy: none"), "<sip:1@pbx.test>"),
        (("Remote-Party-ID: Bob <sip:1@pbx.test>;party=called;privacy=off",),
         "Bob <sip:1@pbx.test>"),
        (("Remote-Party-ID: <sip:1@pbx.test>;privacy=full;screen=yes",), None),
        (
            ("Remote-Party-ID: <sip:1@pbx.test>", "P-Asserted-Identity: <sip:2@pbx.test>"),
            "<sip:2@pbx.test>",
        ),
    ],
)  # fmt: skip
def test_the_asserted_identity(headers: tuple[str, ...], identity: str | None) -> None:
    assert asserted(_message(*headers)) == identity


def test_a_body_names_nobody() -> None:
    assert asserted(_message("X: y", "", "P-Asserted-Identity: <sip:1@pbx.test>")) is None


@pytest.mark.parametrize(
    ("headers", "forwarder"),
    [
        ((), None),
        (
            ('Diversion: "Reception" <sip:200@pbx.test>;reason=user-busy;counter=1',),
            '"Reception" <sip:200@pbx.test>',
        ),
        (("Diversion: <sip:2@pbx.test>, <sip:1@pbx.test>",), "<sip:2@pbx.test>"),
        (("Diversion: <sip:2@pbx.test>;privacy=full", "Diversion: <sip:1@pbx.test>"), None),
        (
            (
                "History-Info: <sip:0@pbx.test>;index=1, <sip:1@pbx.test;cause=302>;index=1.1,"
                " <sip:2@pbx.test;cause=486>;index=1.2",
            ),
            "<sip:1@pbx.test;cause=302>",
        ),
        (
            ("History-Info: <sip:0@pbx.test>;index=1, <sip:1@192.0.2.1>;index=1.1",),
            None,
        ),
        (
            (
                "History-Info: <sip:0@pbx.test?Privacy=history>;index=1,"
                " <sip:1@pbx.test;cause=302>;index=2",
            ),
            None,
        ),
        (("History-Info: <sip:1@pbx.test;cause=302>;index=1",), None),
    ],
)
def test_who_forwarded_the_call(headers: tuple[str, ...], forwarder: str | None) -> None:
    assert diverted_by(_message(*headers)) == forwarder


@given(st.text(alphabet='<>",;:\\ \tsiptel@%=?x', max_size=300))
def test_any_value_is_read(value: str) -> None:
    for read in (asserted, diverted_by):
        for header in ("P-Asserted-Identity", "Remote-Party-ID", "Diversion", "History-Info"):
            identity = read(_message(f"{header}: {value}"))
            assert identity is None or identity in value
