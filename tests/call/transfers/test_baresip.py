"""A real baresip is transferred to another Offhook, through a real Kamailio."""

from __future__ import annotations

import pytest

from tests.call.conftest import NewBaresip
from tests.call.transfers.conftest import register
from tests.conftest import NewPhone
from tests.support.peers.baresip import Wish
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.pki import Authority
from voip.model import CallState, Outcome, TransferState
from voip.protection import Transport
from voip.protocol.calls import AnswerCall, DeclineCall, TransferCall


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "declined"])
async def test_baresip_is_passed_on(
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_baresip: NewBaresip,
    authority: Authority,
    transport: Transport,
    taken: bool,
) -> None:
    reception, carol = await new_phone("r"), await new_phone("c")
    await register(reception, "reception", transport, kamailio, authority)
    await register(carol, "carol", transport, kamailio, authority)
    secure = transport is Transport.TLS
    mediaenc = "srtp-mand" if secure else ""
    await new_baresip(kamailio, Wish(transport.value, mediaenc=mediaenc, answermode="auto"))
    call = await reception.call("bob")
    await reception.until_state(call, CallState.ACTIVE)
    await reception.client.ask(TransferCall(call=call, target="carol"))
    ringing = await carol.until_call(lambda c: c.state is CallState.INCOMING)
    assert ringing.remote.uri == f"sip:bob@{DOMAIN}"
    if taken:
        await carol.client.ask(AnswerCall(call=ringing.id))
        entry = await reception.until_logged(call)
        assert entry.outcome is Outcome.TRANSFERRED
        assert entry.reason == f"transferred to carol@{DOMAIN}"
        talking = await carol.until_call(
            lambda c: c.id == ringing.id and c.quality.jitter_ms is not None
        )
        assert talking.lock.closed is secure
        return
    await carol.client.ask(DeclineCall(call=ringing.id))
    back = await reception.until_call(
        lambda c: (
            c.state is CallState.ACTIVE
            and c.transfer is not None
            and c.transfer.state is TransferState.FAILED
        )
    )
    assert back.transfer is not None
    assert back.transfer.code == 603
    assert back.lock.closed is secure
