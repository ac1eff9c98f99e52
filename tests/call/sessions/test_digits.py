"""Keys pressed in a call arrive at the far end: each once, in order."""

from __future__ import annotations

import pytest

from tests.call.sessions.conftest import Up
from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers import sip
from tests.support.peers.hostile import Client
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.peers.party import Party
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.causes import CauseKind
from voip.choices import Dtmf
from voip.model import CallState
from voip.protocol.calls import AnswerCall, DigitEvent, DigitsEvent, SendDigits

# Pauses, equal keys in a row, and more than PJMEDIA holds at a time.
KEYS = "1,2,,##AD" + "7777777" + "0123456789*" * 2

_ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, INFO"


@pytest.fixture
def phone(party_phone: Phone) -> Phone:
    return party_phone


async def _done(phone: Phone, call: str, digits: str) -> DigitsEvent:
    position = len(phone.events)
    await phone.client.ask(SendDigits(call=call, digits=digits))
    return await phone.until(DigitsEvent, lambda e: e.call == call, position)


def _signals(requests: list[sip.Message]) -> str:
    return "".join(request.body.split("Signal=")[1][0] for request in requests)


async def test_digits_arrive_in_order_with_their_pauses(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_secure(user, LOOPBACK, kamailio.tls_port, authority.file)
        await phone.until_registered(user)
    call = await alice.call("bob")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await alice.until_call(lambda c: c.id == call and c.lock.closed)
    await alice.run("dtmf", call, KEYS)
    expected = KEYS.replace(",", "")

    def heard() -> str:
        events = [numbered.event for numbered in bob.events]
        return "".join(event.digit for event in events if isinstance(event, DigitEvent))

    await bob.until(DigitEvent, lambda e: len(heard()) >= len(expected))
    assert heard() == expected


async def test_telephone_events_go_before_info(phone: Phone, party: Party, up: Up) -> None:
    party.headers = (_ALLOW,)
    call = await up()
    out, _ = await phone.run("dtmf", call, "19")
    assert out == "all tones were sent as telephone events (RFC 4733)\n"
    await party.voice.until_digits("19")
    assert party.voice.clear == 0
    assert [m for m in party.received if m.method == "INFO"] == []


async def test_info_requests_are_sent_one_after_the_answer_to_the_other(
    phone: Phone, party: Party, up: Up
) -> None:
    party.headers, party.events = (_ALLOW,), False
    asked: list[tuple[Client, sip.Message]] = []

    def waits(client: Client, message: sip.Message) -> bool:
        if message.method != "INFO":
            return False
        asked.append((client, message))
        return True

    party.intercepts = waits
    call = await up()
    await phone.client.ask(SendDigits(call=call, digits="7*#"))
    for place in range(3):
        requests = await party.until_received("INFO", place + 1)
        # Half a second of voice, in which no other request comes before the answer.
        await party.voice.until_heard(25)
        assert len(await party.until_received("INFO", 1)) == place + 1
        client, request = asked[-1]
        client.send(sip.response(request, 200, "OK"))
    done = await phone.until(DigitsEvent, lambda e: e.call == call)
    assert (done.lost, done.way, done.cause) == (0, Dtmf.INFO, None)
    assert _signals(requests) == "7*#"
    invite = next(m for m in party.received if m.method == "INVITE")
    for request in requests:
        assert request.get("Content-Type") == "application/dtmf-relay"
        assert request.get("Call-ID") == invite.get("Call-ID")
        assert "tag=" in request.get("To")
    assert party.voice.events == []


async def test_an_info_request_that_is_challenged_is_sent_again_with_the_password(
    phone: Phone, party: Party, up: Up
) -> None:
    party.headers, party.events = (_ALLOW,), False

    def challenges(client: Client, message: sip.Message) -> bool:
        if message.method != "INFO" or message.all("Proxy-Authorization"):
            return False
        digest = f'Proxy-Authenticate: Digest realm="{DOMAIN}", nonce="n1", algorithm=MD5'
        client.send(sip.response(message, 407, "Said", extra=(digest,)))
        return True

    party.intercepts = challenges
    call = await up()
    done = await _done(phone, call, "42")
    assert (done.lost, done.way) == (0, Dtmf.INFO)
    answered = [m for m in party.received if m.method == "INFO" and m.all("Proxy-Authorization")]
    assert _signals(answered) == "42"


@pytest.mark.parametrize("code", [407, 415, 501])
async def test_a_refused_info_request_is_said_with_its_status(
    phone: Phone, party: Party, up: Up, code: int
) -> None:
    party.headers, party.events = (_ALLOW,), False

    def refuses(client: Client, message: sip.Message) -> bool:
        if message.method != "INFO":
            return False
        client.send(sip.response(message, code))
        return True

    party.intercepts = refuses
    call = await up()
    _, err = await phone.run("dtmf", call, "123", status=1)
    assert err == (
        "offhook: the last 3 tones were not sent: the far end did not accept a tone in an INFO "
        f"request (status {code})\n"
    )
    done = await phone.until(DigitsEvent, lambda e: e.call == call)
    assert done.cause is not None
    assert (done.lost, done.cause.kind, done.cause.detail) == (
        3, CauseKind.DIGITS_REFUSED, (code,)
    )  # fmt: skip
    (shown,) = (await phone.status()).calls
    assert shown.state is CallState.ACTIVE


@pytest.mark.waits
async def test_a_far_end_that_leaves_info_unanswered_keeps_its_call(
    phone: Phone, party: Party, up: Up
) -> None:
    party.headers, party.events = (_ALLOW,), False
    party.intercepts = lambda _client, message: message.method == "INFO"
    call = await up()
    position = len(phone.events)
    await phone.client.ask(SendDigits(call=call, digits="12"))
    done = await phone.until(DigitsEvent, lambda e: e.call == call, position)
    assert done.cause is not None
    assert (done.lost, done.cause.kind) == (2, CauseKind.DIGITS_UNANSWERED)
    heard = len(party.voice.frames)
    await party.voice.until_heard(100)
    assert len(party.voice.frames) > heard
    (shown,) = (await phone.status()).calls
    assert shown.state is CallState.ACTIVE


@pytest.mark.parametrize(
    ("setting", "events", "way"),
    [("rfc4733", True, Dtmf.RFC4733), ("info", True, Dtmf.INFO), ("inband", True, Dtmf.INBAND),
     ("info", False, Dtmf.INFO)],
)  # fmt: skip
async def test_the_setting_goes_before_what_the_far_end_knows(
    phone: Phone, party: Party, up: Up, setting: str, events: bool, way: Dtmf
) -> None:
    party.events = events
    call = await up(dtmf=setting)
    done = await _done(phone, call, "5")
    assert (done.lost, done.way) == (0, way)
    assert bool(party.voice.events) == (way is Dtmf.RFC4733)
    assert _signals([m for m in party.received if m.method == "INFO"]) == "5" * (way is Dtmf.INFO)
    assert party.voice.clear == 0


async def test_events_that_were_not_agreed_on_are_not_replaced_against_the_setting(
    phone: Phone, party: Party, up: Up
) -> None:
    party.headers, party.events = (_ALLOW,), False
    call = await up(dtmf="rfc4733")
    _, err = await phone.run("dtmf", call, "1", status=1)
    assert "the far end accepts no tones in this call (it did not agree to RFC 4733)" in err


async def test_tones_that_the_codec_would_garble_are_not_sent(
    phone: Phone, party: Party, up: Up
) -> None:
    party.formats, party.events = "3", False
    call = await up()
    _, err = await phone.run("dtmf", call, "1", status=1)
    assert "the call's codec GSM would garble tones in the voice" in err


async def test_digits_of_info_requests_are_shown_and_other_signals_are_not(
    phone: Phone, party: Party, up: Up
) -> None:
    call = await up()
    for signal in ("5", "\x1b", "x", "é", "#"):
        assert await party.presses(signal) == 200
    await phone.until(DigitEvent, lambda e: e.digit == "#")
    pressed = [one.event for one in phone.events if isinstance(one.event, DigitEvent)]
    assert pressed == [DigitEvent(call=call, digit=digit) for digit in "5#"]
