"""The GRUU that a registrar gives: its text is the network's."""

from __future__ import annotations

import pytest

from voip.protection import Transport
from voip.sip.messages.gruu import public_gruu

_INSTANCE = "urn:uuid:00000000-0000-4000-8000-000000000000"
_GOOD = f"sip:alice@pbx.test;gr={_INSTANCE}"


def _response(*contacts: str, option: str = "Require: outbound") -> str:
    rows = [f"Contact: {contact}" for contact in contacts]
    return "\r\n".join(("SIP/2.0 200 OK", option, *rows, "", ""))


def _binding(gruu: str, instance: str = _INSTANCE) -> str:
    return (
        f'<sip:alice@192.0.2.1:5061;ob>;+sip.instance="<{instance}>";pub-gruu="{gruu}";expires=300'
    )


def _gruu(response: str, transport: Transport = Transport.TLS) -> str | None:
    return public_gruu(
        response, user="alice", domain="pbx.test", transport=transport, instance=_INSTANCE
    )


@pytest.mark.parametrize("transport", list(Transport))
def test_the_gruu_of_the_own_instance_is_used(transport: Transport) -> None:
    other = _binding("sip:alice@pbx.test;gr=urn:uuid:1", "urn:uuid:1")
    assert _gruu(_response(_binding(_GOOD)), transport) == _GOOD
    assert _gruu(_response(f"{other}, {_binding(_GOOD)}"), transport) == _GOOD
    assert _gruu(_response(other, _binding(_GOOD)), transport) == _GOOD
    folded = _binding(_GOOD).replace(";pub", "\r\n ;pub")
    assert _gruu(_response(folded), transport) == _GOOD


@pytest.mark.parametrize(
    ("transport", "used"), [(Transport.TLS, True), (Transport.TCP, False), (Transport.UDP, False)]
)
def test_sips_is_for_tls_alone(transport: Transport, used: bool) -> None:
    secure = _GOOD.replace("sip:", "sips:", 1)
    assert _gruu(_response(_binding(secure)), transport) == (secure if used else None)


@pytest.mark.parametrize(
    "gruu",
    [
        f"sip:alice@evil.test;gr={_INSTANCE}",
        f"sip:alice@pbx.test.evil.test;gr={_INSTANCE}",
        f"sip:alice@pbx.test@evil.test;gr={_INSTANCE}",
        f"sip:mallory@pbx.test;gr={_INSTANCE}",
        f"sip:alice:secret@pbx.test;gr={_INSTANCE}",
        f"sip:alice@pbx.test:5099;gr={_INSTANCE}",
        f"sip:alice@pbx.test;maddr=evil.test;gr={_INSTANCE}",
        f"sip:alice@pbx.test;gr={_INSTANCE};transport=udp",
        f"sip:alice@pbx.test;gr={_INSTANCE}?Route=evil.test",
        f"sip:alice@pbx.test;gr={_INSTANCE}>,<sip:evil.test",
        f'sip:alice@pbx.test;gr={_INSTANCE}\\" ',
        f"sip:alice@pbx.test;gr={'a' * 129}",
        "sip:alice@pbx.test;gr=",
        "sip:alice@pbx.test;gr",
        "sip:alice@pbx.test",
        "tel:+34600111222;gr=1",
        "",
    ],
)
def test_another_address_is_ignored(gruu: str) -> None:
    assert _gruu(_response(_binding(gruu))) is None


@pytest.mark.parametrize(
    "response",
    [
        _response(_binding(_GOOD, "urn:uuid:1")),
        _response(f'<sip:a@b;pub-gruu="{_GOOD}";+sip.instance="<{_INSTANCE}>">'),
        _response(f'"x;pub-gruu={_GOOD}" <sip:a@b>;+sip.instance="<{_INSTANCE}>"'),
        _response(_binding(_GOOD), option="Supported: path"),
        _response() + _binding(_GOOD),
        _response(_binding(_GOOD), *["<sip:a@b>" * 1000] * 3),
        _response(f'<sip:a@b>;+sip.instance="<{_INSTANCE}>", <sip:a@b>;pub-gruu="{_GOOD}"'),
    ],
    ids=["of another", "in a URI", "in a name", "no outbound", "in a body", "long", "two halves"],
)
def test_a_gruu_that_is_not_given_to_this_phone_is_ignored(response: str) -> None:
    assert _gruu(response) is None
