"""Callers named by the address that an exchange puts behind their number."""

from __future__ import annotations

import pytest

from tests.call.hostile.stage import Stage
from tests.support.peers.kamailio import DOMAIN
from voip.client.errors import CommandFailed
from voip.protocol.calls import CallStarted, DeclineCall, HangUp, PlaceCall

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
