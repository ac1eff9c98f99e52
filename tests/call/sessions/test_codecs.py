"""Codecs of an account: what its far ends are offered, answered and sent."""

from __future__ import annotations

import re

import pytest

from tests.call.sessions.conftest import Up
from tests.support.peers.farend import FarEnd
from tests.support.peers.party import Party
from tests.support.phone import Phone
from voip.causes import CauseKind
from voip.model import CallState, Outcome
from voip.protection import SHORT_TAG_SUITES, SRTP_SUITES, Transport
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, Hold, Resume

_BOB = '"Bob" <sip:bob@pbx.test>'
_MAPS = ("a=rtpmap:8 PCMA/8000", "a=rtpmap:9 G722/8000", "a=rtpmap:96 opus/48000/2")


def _formats(session: str) -> list[str]:
    line = re.search(r"^m=audio \d+ \S+ (.*?)\r?$", session, re.MULTILINE)
    assert line is not None
    return line[1].split()


def _codecs(session: str) -> list[str]:
    """Codecs of a session in order, without telephone events."""
    maps = dict(re.findall(r"^a=rtpmap:(\d+) ([\w-]+)/", session, re.MULTILINE))
    static = {"0": "pcmu", "3": "gsm", "8": "pcma", "9": "g722", "18": "g729"}
    names = [maps.get(number, static.get(number, "?")).lower() for number in _formats(session)]
    return [name for name in names if name != "telephone-event"]


async def _incoming(phone: Phone, far: FarEnd, codecs: str, formats: str) -> None:
    """Have the account use codecs, and a call come that offers formats."""
    position = len(phone.events)
    await phone.client.ask(EditAccount(name="alice", fields={"codecs": codecs}))
    await phone.until_registered("alice", position)
    body = far.session().replace(" 0 101\r\n", f" {formats} 101\r\n")
    await far.calls(_BOB, body + "".join(f"{line}\r\n" for line in _MAPS))


@pytest.mark.parametrize("codecs", ["pcma, opus", "pcmu, pcma", "g722, pcmu", "opus, g722, pcmu"])
async def test_every_offer_has_the_codecs_of_the_account_in_their_order(
    party_phone: Phone, party: Party, up: Up, codecs: str
) -> None:
    party.attributes = _MAPS
    party.formats = {"pcma": "8", "pcmu": "0", "g722": "9", "opus": "96"}[codecs.split(",")[0]]
    call = await up(codecs=codecs)
    await party_phone.client.ask(Hold(call=call, wait=True))
    await party_phone.client.ask(Resume(call=call, wait=True))
    offers = [m for m in party.received if m.method == "INVITE"]
    assert len({m.get("CSeq") for m in offers}) == 3
    for offer in offers:
        assert _codecs(offer.body) == codecs.split(", ")
    shown = await party_phone.until_call(lambda c: c.codec is not None)
    assert shown.codec is not None
    assert shown.codec.startswith(codecs.split(",")[0])


async def test_g711_alone_is_spoken_with_a_far_end_that_prefers_another(
    party_phone: Phone, party: Party, up: Up
) -> None:
    party.formats, party.attributes = "0 8", _MAPS
    call = await up(codecs="pcmu, pcma")
    await party.voice.until_heard(25)
    party.formats = "9 8 0"
    answer = await party.offer_again()
    assert answer.status == 200
    assert _codecs(answer.body) == ["pcmu"]
    await party.voice.until_heard(25)
    assert party.voice.clear == 0
    (shown,) = (await party_phone.status()).calls
    assert (shown.id, shown.codec) == (call, "pcmu/8000/1")
    # None in common: the call goes on as it was.
    party.formats = "9"
    assert (await party.offer_again()).status == 488
    party.formats = "0"
    await party.voice.until_heard(25)


@pytest.mark.parametrize(
    ("codecs", "formats", "answered"),
    [("pcma, pcmu", "0 8", "pcma"), ("pcmu, pcma", "0 8", "pcmu"), ("opus, pcma", "8 0 96", "opus"),
     ("opus, pcma", "9 0 8", "pcma")],
)  # fmt: skip
async def test_an_answer_has_the_first_of_the_account_that_the_caller_has(
    phone: Phone, far: FarEnd, codecs: str, formats: str, answered: str
) -> None:
    await _incoming(phone, far, codecs, formats)
    call = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    await phone.client.ask(AnswerCall(call=call.id))
    _, answer = await far.server.until(lambda m: m.status == 200 and bool(m.body))
    assert _codecs(answer.body) == [answered]
    shown = await phone.until_call(lambda c: c.id == call.id and c.lock.closed)
    assert shown.codec is not None
    assert shown.codec.startswith(answered)


async def test_a_caller_without_any_of_the_codecs_is_refused_and_does_not_ring(
    phone: Phone, far: FarEnd
) -> None:
    await _incoming(phone, far, "opus, g722", "0 8")
    assert await far.turned_away() == (488,)
    ended = await phone.until_call(lambda c: c.state is CallState.ENDED)
    assert (ended.outcome, ended.cause and ended.cause.kind) == (
        Outcome.REFUSED, CauseKind.NO_COMMON_CODEC
    )  # fmt: skip
    assert ended.reason == (
        "refused: the caller has none of the codecs that this account uses"
    )  # fmt: skip


async def test_an_offer_that_the_caller_leaves_to_the_phone_has_the_codecs_too(
    phone: Phone, far: FarEnd
) -> None:
    position = len(phone.events)
    await phone.client.ask(EditAccount(name="alice", fields={"codecs": "pcmu, opus"}))
    await phone.until_registered("alice", position)
    far.will_acknowledge()
    await far.calls(_BOB, "")
    call = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    await phone.client.ask(AnswerCall(call=call.id))
    _, offer = await far.server.until(lambda m: m.status == 200 and bool(m.body))
    assert _codecs(offer.body) == ["pcmu", "opus"]
    await phone.until_call(lambda c: c.id == call.id and c.lock.closed)


async def test_a_long_offer_has_the_codecs_of_the_account_too(
    party_phone: Phone, party: Party, up: Up
) -> None:
    fields: dict[str, object] = {"ice": True}
    if party.transport is Transport.TLS:
        fields["srtp_suites"] = ", ".join((*SRTP_SUITES, *SHORT_TAG_SUITES))
    await up(codecs="pcmu, opus", **fields)
    offer = next(m for m in party.received if m.method == "INVITE")
    assert "a=candidate:" in offer.body
    assert (len(offer.body) > 1100) == (party.transport is Transport.TLS)
    assert _codecs(offer.body) == ["pcmu", "opus"]


async def test_the_far_end_is_asked_for_the_bit_rate_and_pauses_of_opus(
    party_phone: Phone, party: Party, up: Up
) -> None:
    party.formats, party.attributes = "96", _MAPS
    await up(opus_bit_rate=16000, opus_dtx=True)
    offer = next(m for m in party.received if m.method == "INVITE")
    (asked,) = re.findall(r"^a=fmtp:96 (.*?)\r?$", offer.body, re.MULTILINE)
    assert {"maxaveragebitrate=16000", "usedtx=1"} < set(asked.split(";"))


async def test_an_offer_without_wishes_asks_for_no_pauses(party: Party, up: Up) -> None:
    await up()
    offer = next(m for m in party.received if m.method == "INVITE")
    assert _codecs(offer.body) == ["opus", "g722", "pcma", "pcmu", "g729", "gsm"]
    assert "maxaveragebitrate=64000" in offer.body
    assert "usedtx" not in offer.body
