"""Every method outside and inside calls, and the answer its RFC names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from tests.call.requests.ground import USER, Ground, rings_and_is_taken
from tests.call.requests.sessions import Session
from tests.support.peers import sip
from voip.model import CallState
from voip.protocol.worker.accounts import VoicemailEvent

pytestmark = pytest.mark.asyncio(loop_scope="module")

_UNKNOWN = ("TELEPORT", "X-METHOD")
_NOT_TAKEN = ("PUBLISH", "REGISTER", *_UNKNOWN)
_IN_DIALOGS_ONLY = ("BYE", "PRACK", "UPDATE", "INFO")
_ALL = (
    *_NOT_TAKEN,
    *_IN_DIALOGS_ONLY,
    "INVITE",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "REFER",
    "SUBSCRIBE",
)
_SUMMARY = "Messages-Waiting: yes\r\nVoice-Message: 4/8 (0/2)\r\n"
_PACKAGES = ("message-summary", "presence", "dialog", "keep-alive", "check-sync", "ua-profile", "")
_TAKEN_PACKAGES = ("message-summary", "presence", "dialog")
_SESSION = Session("sendrecv", "session", True)


@dataclass(frozen=True)
class Case:
    method: str
    code: int
    extra: tuple[str, ...] = ()
    body: str = ""
    headers: tuple[str, ...] = ()
    """Header names that the answer must have."""


def _notify(package: str, body: str = "", kind: str = "") -> tuple[tuple[str, ...], str]:
    event = (f"Event: {package}",) if package else ()
    content = (f"Content-Type: {kind}",) if kind else ()
    return (*event, "Subscription-State: active", *content), body


def _outside() -> list[Case]:
    cases = [Case(method, 405, headers=("Allow",)) for method in _NOT_TAKEN]
    cases += [Case(method, 481) for method in _IN_DIALOGS_ONLY]
    cases.append(Case("INFO", 481, ("Content-Type: application/dtmf-relay",), "Signal=1\r\n"))
    cases += [Case("MESSAGE", 200), Case("MESSAGE", 200, ("Content-Type: text/plain",), "hello")]
    cases.append(Case("OPTIONS", 200, headers=("Allow", "Accept", "Supported", "Allow-Events")))
    cases.append(Case("OPTIONS", 200, ("Accept: application/sdp",)))
    cases.append(Case("REFER", 603, ("Refer-To: <sip:bob@pbx.test>",)))
    for package in _PACKAGES:
        extra, _ = _notify(package)
        event = tuple(line for line in extra if line.startswith("Event"))
        is_served = package in _TAKEN_PACKAGES
        code = 403 if is_served else 489 if package else 400
        cases.append(
            Case("SUBSCRIBE", code, event, headers=("Allow-Events",) if code == 489 else ())
        )
        if package != "message-summary":
            code = 489 if package else 400
            cases.append(
                Case("NOTIFY", code, extra, headers=("Allow-Events",) if code == 489 else ())
            )
    kind = "application/simple-message-summary"
    cases.append(Case("NOTIFY", 200, *_notify("message-summary")))
    cases.append(Case("NOTIFY", 200, *_notify("message-summary", _SUMMARY, kind)))
    extra, body = _notify("message-summary", "hello", "text/plain")
    cases.append(Case("NOTIFY", 415, extra, body, ("Accept",)))
    for method in (
        "OPTIONS",
        "INVITE",
        "MESSAGE",
        "NOTIFY",
        "SUBSCRIBE",
        "REFER",
        *_IN_DIALOGS_ONLY,
    ):
        cases.append(Case(method, 420, ("Require: teleport",), headers=("Unsupported",)))
        cases.append(Case(method, 420, ("Require: timer, teleport, x",), headers=("Unsupported",)))
    cases.append(Case("INVITE", 415, ("Content-Type: text/plain",), "hello", ("Accept",)))
    return cases


_OUTSIDE = _outside()


async def _ask(ground: Ground, dialog: sip.Dialog, case: Case, number: int = 1) -> sip.Message:
    answer = await ground.server.ask(dialog, case.method, number, body=case.body, extra=case.extra)
    if case.method == "INVITE":
        ground.server.acknowledge(dialog, answer)
    return answer


def _check(case: Case, answer: sip.Message) -> None:
    assert answer.status == case.code, (case, answer.first)
    for name in case.headers:
        assert answer.all(name), (case, answer)
    # Only a 200 says OK.
    assert answer.first.endswith(" OK") == (answer.status == 200), answer.first


async def test_requests_outside_calls(ground: Ground) -> None:
    async def play(case: Case) -> None:
        _check(case, await _ask(ground, ground.server.dialog(), case))

    assert await ground.each(play(case) for case in _OUTSIDE * 4) >= 190


async def test_an_answer_says_what_is_taken(ground: Ground) -> None:
    options = await ground.server.ask(ground.server.dialog(), "OPTIONS")
    refused = await ground.server.ask(ground.server.dialog(), "PUBLISH")
    allowed = {word.strip() for word in refused.get("Allow").split(",")}
    assert allowed == {word.strip() for word in options.get("Allow").split(",")}
    assert allowed == {
        "PRACK", "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "INFO", "SUBSCRIBE", "NOTIFY",
        "REFER", "OPTIONS", "MESSAGE",
    }  # fmt: skip


async def test_voice_mail_is_told_without_being_asked_for(ground: Ground) -> None:
    since = len(ground.events)
    kind = "application/simple-message-summary"
    _, body = _notify("message-summary", _SUMMARY, kind)
    extra = ("Event: message-summary", f"Content-Type: {kind}")
    answer = await ground.server.ask(ground.server.dialog(), "NOTIFY", body=body, extra=extra)
    assert answer.status == 200
    voicemail = await ground.until(VoicemailEvent, lambda e: True, since)
    assert (voicemail.account, voicemail.voicemail.new) == (USER, 4)


async def test_nobody_of_another_name_is_here(ground: Ground) -> None:
    """An unknown user, and one at another server (see test_accounts)."""

    async def play(case: Case, user: str) -> None:
        dialog = ground.server.dialog(user)
        code = 404 if case.code in (200, 415, 603) else case.code
        if case.method == "SUBSCRIBE" and case.code == 403:
            code = 403
        answer = await _ask(ground, dialog, case)
        # PJSIP checks contents before users where the format is its own.
        assert answer.status in (code, case.code) if case.code == 415 else answer.status == code

    users = ("bob", "alice2", "ALICE.X")
    await ground.each(play(case, user) for case in _OUTSIDE for user in users)


@pytest.mark.parametrize("uri", ["tel:+15550100", "mailto:alice@pbx.test", "urn:service:sos"])
async def test_other_addresses_are_not_understood(ground: Ground, uri: str) -> None:
    dialog = ground.server.dialog()
    other = sip.Dialog(dialog.sender, dialog.to, dialog.call_id, uri)
    for method in ("OPTIONS", "INVITE"):
        answer = await _ask(ground, other, Case(method, 416))
        assert answer.status == 416


async def test_requests_of_dialogs_that_are_over(ground: Ground) -> None:
    async def play(method: str) -> None:
        dialog = ground.server.dialog(to_tag="gone")
        answer = await _ask(ground, dialog, Case(method, 0))
        assert answer.status == (405 if method in _NOT_TAKEN else 481), (method, answer.first)

    assert await ground.each(play(method) for method in _ALL * 6) >= 80


async def test_what_cannot_be_cancelled(ground: Ground) -> None:
    answer = await ground.server.ask(ground.server.dialog(), "CANCEL")
    assert answer.status == 481


def _inside() -> list[Case]:
    session = "application/x-any"
    cases = [Case(method, 405, headers=("Allow",)) for method in _NOT_TAKEN]
    cases += [Case("MESSAGE", 200), Case("MESSAGE", 200, ("Content-Type: text/plain",), "hello")]
    cases.append(Case("OPTIONS", 200, headers=("Allow", "Accept", "Supported")))
    cases.append(Case("INFO", 200))
    cases.append(Case("INFO", 415, (f"Content-Type: {session}",), "hello", ("Accept",)))
    cases.append(Case("INFO", 469, ("Info-Package: nobody",), headers=("Recv-Info",)))
    relay = ("Content-Type: application/dtmf-relay",)
    cases.append(Case("INFO", 200, relay, "Signal=5\r\nDuration=160\r\n"))
    cases.append(Case("REFER", 202, ("Refer-To: <sip:bob@pbx.test>",)))
    cases.append(Case("UPDATE", 200))
    for package in _PACKAGES:
        extra, _ = _notify(package)
        event = tuple(line for line in extra if line.startswith("Event"))
        is_served = package in _TAKEN_PACKAGES
        cases.append(Case("SUBSCRIBE", 403 if is_served else 489 if package else 400, event))
        cases.append(Case("NOTIFY", 481 if package else 400, extra))
    for method in ("OPTIONS", "INVITE", "UPDATE", "INFO", "MESSAGE", "REFER", "NOTIFY", "BYE"):
        cases.append(Case(method, 420, ("Require: teleport",), headers=("Unsupported",)))
    return cases


async def test_requests_inside_a_call(ground: Ground) -> None:
    server = ground.server

    async def play(case: Case) -> None:
        since = len(ground.events)
        first = server.dialog()
        offer = _SESSION.text(server.host, server.rtp_port, ground.transport)
        asked = asyncio.create_task(server.ask(first, "INVITE", body=offer))
        ringing = await rings_and_is_taken(ground, first, since)
        answer = await asked
        dialog = server.acknowledge(first, answer)
        _check(case, await _ask(ground, dialog, case, 2))
        assert (await server.ask(dialog, "OPTIONS", 3)).status == 200
        assert (await server.ask(dialog, "BYE", 4)).status == 200
        await ground.until_state(ringing, CallState.ENDED)

    assert await ground.each(play(case) for case in _inside()) >= 30
