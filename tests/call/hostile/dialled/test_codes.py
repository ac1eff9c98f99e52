"""Hostile texts in pick-up and parking: no code leads away from the account's server."""

from __future__ import annotations

import msgspec
import pytest

from tests.call.hostile.dialled.conftest import busy, invites
from tests.call.hostile.stage import Stage
from voip.client.errors import CommandFailed
from voip.model import Outcome
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import CallStarted, Park, PickUp, Retrieve

pytestmark = pytest.mark.asyncio(loop_scope="session")

_CODES = {
    "pickup": "**{number}",
    "pickup_group": "*8",
    "park": "*68{slot}",
    "retrieve": "*88{slot}",
    "voicemail": "*97",
}

_SMUGGLED = {
    "@evil.test": "the address lacks the name in front of the @",
    "100@{sink}": "is at another server",
    "sip:100@{sink}": "is at another server",
    "sip:100@{sink};transport=udp": "is at another server",
    "sip:100@pbx.test:{port}": "is at another server",
    '"x" <sip:100@{sink}>': "is at another server",
    "sip:100%40{sink}@pbx.test": "is not dialled",
    "100%40{sink}": "is not a number",
    "sip:bob;transport=udp@pbx.test": "stands in front of the @",
    "sip:bob;x=y@pbx.test": "is not dialled",
    "sip:100@pbx.test?Route=%3Csip:{sink};transport=udp;lr%3E": "an address with headers",
    "100?X=y": "an address with headers",
    "100\r\nX: y": "the address holds control characters",
    "sip:100%0d%0aX:y@pbx.test": "the address holds control characters",
    "100,,55#": "has tones behind the number",
    "anonymous@anonymous.invalid": "nobody can be called there",
    "{{number}}": "is neither a number nor an address",
    "echo": "the test line of this machine never rings",
    "": "there is nothing to call",
}
"""Text for whose phone rings, and the words that refuse it; `sink` is another server."""

_SLOTS = (
    "@{sink}", "7@{sink}", "sip:7@{sink}", "7%40{sink}", "7;transport=udp", "7;maddr={host}",
    "7?Route=%3Csip:{sink};lr%3E", "7\r\nX: y", "7>", "<7", "7,5", "7 0", "\u202e7", "{{slot}}",
)  # fmt: skip

_ELSEWHERE = (
    "sip:700@{sink}", "700@{sink}", "700%40{sink}", "sip:700@pbx.test;transport=udp",
    "700;transport=udp", "700;maddr={host}", "700?Route=%3Csip:{sink};lr%3E", "700>",
    "{{slot}}@{sink}",
)  # fmt: skip


def _aimed(stage: Stage, text: str) -> str:
    """`text` with the address of a server that must not hear anything."""
    port = stage.sinks.open_both()
    return text.format(sink=f"{stage.host}:{port}", host=stage.host, port=port)


@pytest.mark.parametrize("text", list(_SMUGGLED))
async def test_a_pick_up_of_such_a_number_is_refused(stage: Stage, text: str) -> None:
    server = await stage.registered(busy, **_CODES)
    with pytest.raises(CommandFailed) as refused:
        command = PickUp(target=_aimed(stage, text), account=stage.account)
        await stage.phone.client.get(command, CallStarted)
    assert _SMUGGLED[text] in str(refused.value)
    assert invites(server) == []


@pytest.mark.parametrize("text", _SLOTS)
async def test_a_call_is_not_taken_back_from_such_a_place(stage: Stage, text: str) -> None:
    server = await stage.registered(busy, **_CODES)
    with pytest.raises(CommandFailed, match="cannot be part of a code"):
        command = Retrieve(slot=_aimed(stage, text), account=stage.account)
        await stage.phone.client.get(command, CallStarted)
    assert invites(server) == []


@pytest.mark.parametrize("text", _SLOTS)
async def test_a_call_is_not_parked_in_such_a_place(stage: Stage, text: str) -> None:
    far, call = await stage.up(**_CODES)
    with pytest.raises(CommandFailed, match="cannot be part of a code"):
        await stage.phone.client.ask(Park(call=call, slot=_aimed(stage, text)))
    referred = [m for c in far.server.connections for m in c.messages if m.method == "REFER"]
    assert referred == []


@pytest.mark.parametrize("field", _CODES)
@pytest.mark.parametrize("text", _ELSEWHERE)
async def test_a_code_that_names_another_place_is_no_code(
    stage: Stage, field: str, text: str
) -> None:
    server = await stage.serve(busy)
    with pytest.raises(CommandFailed, match=field):
        await stage.add_account(f"{stage.host}:{server.port}", **{field: _aimed(stage, text)})
    await stage.add_account(f"{stage.host}:{server.port}")
    await stage.until_registered()
    assert invites(server) == []


@pytest.mark.parametrize("text", _ELSEWHERE)
async def test_a_file_with_such_a_code_has_no_account(stage: Stage, text: str) -> None:
    server = await stage.registered(busy)
    since = len(stage.phone.events)
    file = stage.phone.folder / "config" / "accounts.toml"
    table = f"[accounts.{stage.account}]\n"
    code = f"retrieve = '{_aimed(stage, text)}{{slot}}'\n"
    assert table in file.read_text()
    file.write_text(file.read_text().replace(table, table + code))
    event = await stage.phone.until(
        AccountEvent,
        lambda e: e.account.name == stage.account and e.account.problem is not None,
        since,
    )
    assert "retrieve" in (event.account.problem or "")
    with pytest.raises(CommandFailed, match="retrieve"):
        await stage.phone.client.get(Retrieve(slot="7", account=stage.account), CallStarted)
    assert invites(server) == []


_GERMAN = {"country": "DE", "plus": "00", "trunk": "0"}


@pytest.mark.parametrize(
    ("command", "user"),
    [
        (PickUp(), "*8"),
        (PickUp(target="620"), "**620"),
        (PickUp(target="620@pbx.test"), "**620"),
        (PickUp(target="sips:620@pbx.test;transport=udp"), "**620"),
        (PickUp(target="030 123456"), "**030123456"),
        (Retrieve(slot="0049301234567"), "0049301234567"),
        (Retrieve(slot="#7"), "%237"),
    ],
)
async def test_a_code_is_dialled_as_it_is_over_the_accounts_connection(
    stage: Stage, command: PickUp | Retrieve, user: str
) -> None:
    given = {**_CODES, "retrieve": "{slot}", **_GERMAN}
    server = await stage.registered(busy, **given)
    mine = msgspec.structs.replace(command, account=stage.account)
    started = await stage.phone.client.get(mine, CallStarted)
    entry = await stage.until_logged(started.call)
    assert entry.outcome is Outcome.BUSY
    (invite,) = invites(server)
    assert invite.uri == f"sip:{user}@pbx.test;transport=tls"


async def test_a_call_is_parked_over_the_accounts_connection_alone(stage: Stage) -> None:
    far, call = await stage.up(**_CODES)
    await stage.phone.client.ask(Park(call=call, slot="701"))
    _, refer = await far.server.until(lambda m: m.method == "REFER")
    assert refer.get("Refer-To") == "<sip:*68701@pbx.test;transport=tls>"
