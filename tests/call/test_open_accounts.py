"""Offers of accounts over UDP and TCP, and their answers to SRTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.conftest import NewPhone
from tests.support.peers import sip
from tests.support.peers.hostile import HostileServer, own_host, registrar
from tests.support.peers.openend import OpenEnd
from tests.support.phone import Phone
from voip.model import CallState
from voip.protocol.calls import AnswerCall, Hold

_MOST_BYTES = 1300
"""Bytes (RFC 3261 18.1.1): fragments of more are dropped by many networks."""
_DATAGRAM = 1472
"""Bytes that Ethernet carries in one piece."""
_CHALLENGES = (
    # Kamailio's, Asterisk's, and the longest usual ones.
    'nonce="ZyHbw2ch2pcmSyPUKZ5xkrfEXNzHgcQ4L1B3dXo", qop="auth"',
    f'nonce="1796000000/{"5f" * 16}", opaque="{"6a" * 8}", algorithm=MD5, qop="auth"',
    f'nonce="1796000000/{"5f" * 16}", opaque="{"6a" * 8}", algorithm=SHA-256, qop="auth"',
    f'nonce="{"5f" * 30}", algorithm=MD5, qop="auth"',
    f'nonce="{"5f" * 30}", algorithm=SHA-256, qop="auth"',
)
_NEEDED = (
    "Via", "Max-Forwards", "From", "To", "Contact", "Call-ID", "CSeq", "Allow", "Supported",
    "Session-Expires", "User-Agent", "Authorization", "Content-Type", "Content-Length",
)  # fmt: skip

_LONG = {
    "user": "alexandra.mustermann",
    "domain": "telephone.example-company.com",
    "display_name": "Alexandra Maria Mustermann-Schmidt",
}
_CALLED = "bernhard.beispielmann@telephone.example-company.com"
_ORDINARY = {"user": "1042", "domain": "pbx.example.com", "display_name": "Anna Schmidt"}


@pytest_asyncio.fixture
async def far() -> AsyncIterator[OpenEnd]:
    end = OpenEnd(own_host())
    end.session = lambda _, port: sip.sdp(end.host, port)
    await end.start()
    yield end
    end.stop()


async def _registered(phone: Phone, far: OpenEnd, **fields: str) -> None:
    values = {"user": "alice", "domain": "pbx.test"} | fields
    server = f"{far.host}:{far.port}"
    await phone.add("work", password="secret", server=server, transport="udp", **values)
    await phone.until_registered("work")


def _is_plain(message: sip.Message) -> bool:
    lines = message.body.splitlines()
    media = [line for line in lines if line.startswith("m=")]
    keys = [line for line in lines if line.startswith(("a=crypto", "a=fingerprint"))]
    return bool(media) and all(" RTP/AVP " in line for line in media) and not keys


async def test_an_invite_over_udp_is_short_and_offers_no_keys(
    new_phone: NewPhone, far: OpenEnd
) -> None:
    phone = await new_phone()
    await _registered(phone, far, **_LONG)
    call = await phone.call(_CALLED)
    await phone.until_state(call, CallState.ACTIVE)
    assert far.sizes[0] < _MOST_BYTES
    assert _is_plain(await far.invited())


@pytest.mark.parametrize(
    ("fields", "challenge", "most"),
    [
        *((_ORDINARY, challenge, _MOST_BYTES) for challenge in _CHALLENGES),
        *(
            (_LONG, challenge, _DATAGRAM if "SHA" in challenge else _MOST_BYTES)
            for challenge in _CHALLENGES
        ),
    ],
)
async def test_so_is_one_with_a_password(
    new_phone: NewPhone, far: OpenEnd, fields: dict[str, str], challenge: str, most: int
) -> None:
    header = f'WWW-Authenticate: Digest realm="{fields["domain"]}", {challenge}'

    def answer(message: sip.Message) -> bytes | None:
        if message.method != "INVITE" or message.all("Authorization"):
            return None
        return sip.response(message, 401, "Who", extra=(header,))

    far.answer = answer
    phone = await new_phone()
    await _registered(phone, far, **fields)
    call = await phone.call(_CALLED)
    await phone.until_state(call, CallState.ACTIVE)
    without, with_password = far.sizes
    assert without < _MOST_BYTES
    assert with_password < most
    # Names are shortened where they have to be, and no header is left out.
    first, second = (m for m in far.messages if m.method == "INVITE")
    assert "Via" in dict(first.headers)
    assert second.body == first.body
    assert [name for name in _NEEDED if not second.all(name)] == []


async def test_an_invite_has_all_codecs_and_what_a_session_needs(
    new_phone: NewPhone, far: OpenEnd
) -> None:
    phone = await new_phone()
    await _registered(phone, far)
    await phone.call("bob")
    lines = (await far.invited()).body.splitlines()
    media = next(line for line in lines if line.startswith("m=audio "))
    assert media.split()[3:] == ["96", "9", "8", "0", "18", "3", "120", "121"]
    for line in (
        "a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1;maxaveragebitrate=64000",
        "a=rtpmap:120 telephone-event/48000", "a=rtpmap:121 telephone-event/8000", "a=sendrecv",
    ):  # fmt: skip
        assert line in lines


async def test_an_invite_over_tcp_offers_no_keys(new_phone: NewPhone) -> None:
    host = own_host()
    server = HostileServer(host, registrar, None)
    await server.start()
    phone = await new_phone()
    await phone.add(
        "work", password="secret", user="alice", domain="pbx.test",
        server=f"{host}:{server.port}", transport="tcp",
    )  # fmt: skip
    await phone.until_registered("work")
    await phone.call("bob")
    _, invite = await server.until(lambda m: m.method == "INVITE")
    assert _is_plain(invite)
    await server.stop()


async def test_keys_that_nobody_offered_are_left_alone(new_phone: NewPhone, far: OpenEnd) -> None:
    far.session = lambda _, port: sip.sdp(far.host, port, "RTP/AVP", (sip.crypto(),))
    phone = await new_phone()
    await _registered(phone, far)
    call = await phone.call("bob")
    shown = await phone.until_state(call, CallState.ACTIVE)
    assert [stream.srtp for stream in shown.lock.media] == [False]


@pytest.mark.parametrize("profile", ["RTP/SAVP", "RTP/AVP"])
async def test_an_offer_of_srtp_is_answered_with_srtp_which_stays(
    new_phone: NewPhone, far: OpenEnd, profile: str
) -> None:
    phone = await new_phone()
    await _registered(phone, far)
    port = far.rtp.getsockname()[1]
    far.session = lambda offer, _: sip.sdp(far.host, port, profile, (_taken(offer),))
    answer = await far.call(sip.sdp(far.host, port, profile, (sip.crypto(),)))
    call = (await phone.until_call(lambda c: c.state is CallState.INCOMING)).id
    await phone.client.ask(AnswerCall(call=call))
    shown = await phone.until_state(call, CallState.ACTIVE)
    assert [stream.srtp for stream in shown.lock.media] == [True]
    assert not shown.lock.closed
    session = (await answer).body
    assert f" {profile} " in session
    assert "a=crypto:" in session
    await phone.client.ask(Hold(call=call))
    shown = await phone.until_state(call, CallState.HELD)
    assert [stream.srtp for stream in shown.lock.media] == [True]
    held = await far.until(lambda m: m.method == "INVITE")
    assert f" {profile} " in held.body
    assert "a=crypto:" in held.body


async def test_a_plain_offer_is_answered_in_plain(new_phone: NewPhone, far: OpenEnd) -> None:
    phone = await new_phone()
    await _registered(phone, far)
    answer = await far.call(sip.sdp(far.host, far.rtp.getsockname()[1]))
    call = (await phone.until_call(lambda c: c.state is CallState.INCOMING)).id
    await phone.client.ask(AnswerCall(call=call))
    await phone.until_state(call, CallState.ACTIVE)
    assert _is_plain(await answer)


def _taken(offer: sip.Message) -> str:
    """Accept the suite of an offer's first line."""
    line = next(x for x in offer.body.splitlines() if x.startswith("a=crypto:"))
    tag, suite = line.removeprefix("a=crypto:").split(" ")[:2]
    return sip.crypto(suite, tag=int(tag))


async def test_a_call_over_udp_goes_to_its_target_by_udp(new_phone: NewPhone, far: OpenEnd) -> None:
    phone = await new_phone()
    await _registered(phone, far, forward_always="200")
    waits = await far.call(sip.sdp(far.host, 9))
    final = await far.until(lambda m: m.status >= 300)
    assert (final.status, final.all("Contact")) == (302, ["<sip:200@pbx.test>"])
    assert isinstance(waits, asyncio.Task)
    waits.cancel()
