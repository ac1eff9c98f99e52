"""Callers named by the address that an exchange puts behind their number."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.call.hostile.stage import MALLORY, Stage
from tests.support.peers.kamailio import DOMAIN
from voip.client.errors import CommandFailed
from voip.model import NameFrom, Outcome
from voip.protocol.calls import CallStarted, DeclineCall, HangUp, LogEvent, PlaceCall
from voip.protocol.people import LookedUp, LookUp

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("caller", "shown", "called_back"),
    [
        ("sip:+49301234@10.0.0.1", "sip:+49301234@10.0.0.1", "+49301234"),
        ("sip:+49301234;npdi;rn=+49@10.0.0.1", "sip:+49301234@10.0.0.1", "+49301234"),
        ("tel:301234;phone-context=+49", "tel:+49301234", "+49301234"),
        ("sip:100@{host}:5061", "sip:100@{host}", "100"),
        ("sip:bob@{host}", "sip:bob@{host}", "bob"),
    ],
)
async def test_the_callback_goes_to_the_accounts_own_domain(
    stage: Stage, caller: str, shown: str, called_back: str
) -> None:
    far = await stage.far_end()
    await far.calls(f'"Mallory" <{caller.format(host=stage.host)}>')
    call = await stage.rung()
    await stage.phone.client.ask(DeclineCall(call=call))
    entry = await stage.until_logged(call)
    assert entry.remote.uri.startswith(shown.format(host=stage.host))
    back = PlaceCall(target=entry.remote.uri, account=stage.account, back=True)
    started = await stage.phone.client.get(back, CallStarted)
    await far.invited()
    assert far.offered.uri == f"sip:{called_back}@{DOMAIN};transport=tls"
    far.refuses(486, "Busy Here")
    await stage.until_logged(started.call)


@pytest.mark.parametrize(
    ("name", "shown", "imitates"),
    [
        ("\u202egro.knab", "\ufffdgro.knab", True),
        ("+1 555 0100", "+1 555 0100", True),
        ("support@bank.example", "support@bank.example", True),
    ],
)
async def test_a_server_that_names_somebody_else_is_only_quoted(
    stage: Stage, name: str, shown: str, imitates: bool
) -> None:
    stage.lock_may_close = True
    far, call = await stage.up()
    far.headers = (f'P-Asserted-Identity: "{name}" <sip:mallory@evil.test>',)
    await far.settled()
    now = await stage.phone.until_call(lambda c: c.id == call and c.connected is not None)
    assert now.connected is not None
    assert (now.connected.name, now.connected.imitates) == (shown, imitates)
    assert now.connected.claimed
    assert now.lock.closed
    # It stays whom the user called, for the log and for the next call.
    await stage.phone.client.ask(HangUp(call=call))
    assert "mallory" not in (await stage.until_logged(call)).remote.uri


async def test_a_caller_who_hides_is_not_called_back(stage: Stage) -> None:
    far = await stage.far_end()
    await far.calls('"Mallory" <sip:anonymous@anonymous.invalid>')
    call = await stage.rung()
    await stage.phone.client.ask(DeclineCall(call=call))
    entry = await stage.until_logged(call)
    with pytest.raises(CommandFailed, match="the caller hid their number"):
        await stage.phone.client.get(
            PlaceCall(target=entry.remote.uri, account=stage.account, back=True),
            CallStarted,
        )


# Callers who want to choose where a call is sent on

_TARGET = "200"
_CONTACT = f"<sip:200@{DOMAIN};transport=tls>"


@pytest.mark.parametrize("sender", [MALLORY, f"<sip:{_TARGET}@{DOMAIN}>", f"<sip:alice@{DOMAIN}>"])
@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Diversion: <sip:m@evil.test>;reason=unconditional",),
        ("History-Info: <sip:m@evil.test>;index=1",),
        ("Alert-Info: <sip:m@evil.test>;info=alert-autoanswer", "Call-Info: <x:y>;answer-after=0"),
        ("Referred-By: <sip:m@evil.test>", "Request-Disposition: proxy, fork"),
        ("Supported: histinfo, tdialog", "Record-Route: <sip:{host}:{port};lr>"),
    ],
)
async def test_a_call_goes_to_the_accounts_own_target_alone(
    stage: Stage, headers: tuple[str, ...], sender: str
) -> None:
    where = {"host": stage.host, "port": stage.sinks.open_both()}
    far = await stage.far_end(forward_always=_TARGET)
    far.headers = tuple(header.format(**where) for header in headers)
    await far.calls(sender)
    refusal = await far.refusal()
    assert refusal.status == 302
    assert refusal.all("Contact") == [_CONTACT]
    event = await stage.phone.until(
        LogEvent, lambda e: e.entry.account == stage.account and e.entry.ended is not None
    )
    assert event.entry.outcome is Outcome.FORWARDED


async def test_a_call_without_encryption_is_refused_and_not_sent_on(stage: Stage) -> None:
    far = await stage.far_end(forward_always=_TARGET)
    await far.calls(MALLORY, far.session().replace("RTP/SAVP", "RTP/AVP"))
    refusal = await far.refusal()
    assert (refusal.status, refusal.all("Contact")) == (488, [])
    entry = await stage.phone.until(
        LogEvent, lambda e: e.entry.account == stage.account and e.entry.ended is not None
    )
    assert entry.entry.outcome is Outcome.REFUSED
    rows = await stage.phone.json("history", "--account", stage.account)
    assert len(rows["entries"]) == 1


# Callers who want to be answered by a phone without its user


_ALERT = "Alert-Info: <http://127.0.0.1>;info=alert-autoanswer;delay=0"
_FRIEND = "friend@pbx.test"


@pytest.mark.parametrize("mode", ["off", "asked", "always"])
@pytest.mark.parametrize(
    "sender",
    [
        MALLORY,
        '"Mallory" <sip:friend@evil.test>',
        '"Mallory" <sip:friend%40pbx.test@evil.test>',
        '"Mallory" <sip:anonymous@anonymous.invalid>',
        '"Mallory" <sip:m@evil.test>;x=friend%40pbx.test',
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        (_ALERT,),
        ("Call-Info: <sip:x@evil.test>;answer-after=0", "Answer-Mode: Auto;require"),
        (_ALERT, f"P-Asserted-Identity: <sip:{_FRIEND}>", f"Remote-Party-ID: <sip:{_FRIEND}>"),
        (_ALERT, f"P-Preferred-Identity: <sip:{_FRIEND}>", f"Reply-To: <sip:{_FRIEND}>"),
    ],
)  # fmt: skip
async def test_a_stranger_who_asks_to_be_answered_only_rings(
    stage: Stage, headers: tuple[str, ...], sender: str, mode: str
) -> None:
    far = await stage.far_end(auto_answer=mode, auto_answer_from=_FRIEND)
    far.headers = headers
    await far.calls(sender)
    call = await stage.rung()
    await far.server.until(lambda m: m.status == 180)
    await stage.phone.client.ask(DeclineCall(call=call))
    assert (await far.refusal()).status == 603
    entry = await stage.until_logged(call)
    assert (entry.outcome, entry.answered) == (Outcome.DECLINED, None)


@pytest.fixture
def ana(stage: Stage) -> Iterator[str]:
    """A contact with a Spanish number."""
    file = stage.phone.folder / "config" / "contacts" / "ana.vcf"
    file.parent.mkdir(exist_ok=True)
    lines = ("BEGIN:VCARD", "VERSION:3.0", "FN:Ana", "TEL:+34 611 222 333", "END:VCARD", "")
    file.write_text("\r\n".join(lines))
    yield "Ana"
    file.unlink()


@pytest.mark.parametrize(
    ("caller", "is_ana"),
    [
        ("sip:611222333@{host}", True),
        ("sip:0034611222333@{host}", True),
        ("sip:9611222333@{host}", True),
        ("sip:611222333@evil.test", False),
        ("sip:611222333;phone-context=evil.test@{host}", False),
        ("tel:611222333;phone-context=evil.test", False),
        ("sip:+49611222333@{host}", False),
        ("sip:611-222-DDD@{host}", False),
        ("sip:%2A611222333@{host}", False),
        ("sip:611222333%00@{host}", False),
        ("sip:%D9%A611222333@{host}", False),
        ("sip:611222333,,1@{host}", False),
        ("sip:a611222333@{host}", False),
        ("sip:1222333@{host}", False),
    ],
)
async def test_a_like_number_gets_no_name_of_a_contact(
    stage: Stage, ana: str, caller: str, is_ana: bool
) -> None:
    far = await stage.far_end(country="ES")
    await stage.phone.client.get(LookUp(text=""), LookedUp)  # reads the contacts
    await far.calls(f'"Mallory" <{caller.format(host=stage.host)}>')
    call = await stage.rung(ana if is_ana else "Mallory")
    await stage.phone.client.ask(DeclineCall(call=call))
    entry = await stage.until_logged(call)
    assert entry.remote.name_from is (NameFrom.CONTACT if is_ana else NameFrom.CLAIM)
