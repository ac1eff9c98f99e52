"""The lock's report for real calls and accounts."""

from __future__ import annotations

import pytest

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.hostile import HostileServer, own_host, registrar
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.pki import Authority
from voip.client.errors import CommandFailed
from voip.protection import Fact, LockReport, LockState
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import HangUp
from voip.protocol.trust import GetLock


def fact(report: LockReport, name: str) -> Fact:
    return next(fact for fact in report.facts if fact.name == name)


async def test_of_a_call_on_the_test_line(new_phone: NewPhone) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    # Packets are counted each second.
    shown = await phone.until_call(lambda c: c.id == call and c.quality.rtt_ms is not None)
    report = await phone.client.get(GetLock(call=call), LockReport)
    assert (report.state, report.why) == (LockState.CLOSED, shown.lock.why)
    assert report.remedy is None
    assert [f.name for f in report.facts if f.holds is not True] == []
    assert report.tls is not None
    assert report.tls.peer is not None
    assert report.tls.chain[0] == report.tls.peer
    assert shown.lock.signalling.cipher == report.tls.cipher
    assert report.tls.cipher in fact(report, "what was negotiated is known").evidence
    assert report.tls.peer.issuer in fact(report, "a verified certificate").evidence
    (stream,) = report.streams
    assert (stream.kind, stream.active, stream.srtp) == ("audio", True, True)
    assert stream.accepted > 0
    assert stream.rejected == 0
    assert f"{stream.accepted:,} packets" in fact(report, "the voice is authentic").evidence
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)
    with pytest.raises(CommandFailed, match=f"there is no call {call}"):
        await phone.client.get(GetLock(call=call), LockReport)


async def test_of_accounts_over_tls_and_in_the_clear(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    await phone.add_secure("alice", LOOPBACK, kamailio.tls_port, authority.file)
    await phone.until_registered("alice")
    report = await phone.client.get(GetLock(account="alice"), LockReport)
    assert report.state is LockState.CLOSED
    assert report.tls is not None
    assert DOMAIN in fact(report, "a verified certificate").evidence
    assert report.streams == ()

    await phone.add_open("bob", LOOPBACK, kamailio.port)
    await phone.until_registered("bob")
    report = await phone.client.get(GetLock(account="bob"), LockReport)
    assert report.why == "this account uses UDP: anyone on the way can listen"
    assert report.tls is None
    with pytest.raises(CommandFailed, match="there is no account carol"):
        await phone.client.get(GetLock(account="carol"), LockReport)
    with pytest.raises(CommandFailed, match="name one"):
        await phone.client.get(GetLock(), LockReport)


async def test_of_an_account_whose_connection_has_dropped(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()
    server = HostileServer(host, registrar, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    await phone.add_secure("alice", host, server.port, authority.file)
    await phone.until_registered("alice")
    position = len(phone.events)
    await server.stop()
    await phone.until(AccountEvent, lambda e: e.account.tls is None, position)
    report = await phone.client.get(GetLock(account="alice"), LockReport)
    assert report.why == "no connection to the server has been seen yet"
    assert fact(report, "a verified certificate").holds is None
