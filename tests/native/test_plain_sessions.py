"""No session without SRTP is sent over TLS, whatever is configured.

These accounts ask for it, as none of Offhook's can. An account with its
own transport is stopped where its session is made, and ends in good order;
one without is stopped where the message would be sent.
"""

from __future__ import annotations

import pytest

from tests.conftest import NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.peers import sip
from tests.support.peers.hostile import HostileServer

_INSECURE = 171142  # PJSIP_ESESSIONINSECURE
_USES = ("disabled", "optional")


@pytest.mark.parametrize("use", _USES)
async def test_an_offer_without_srtp_is_not_made(
    new_probe: NewProbe, new_server: NewServer, host: str, use: str
) -> None:
    server, probe = await _calling(new_probe, new_server, host, srtp=use)
    assert (await probe.until("no call"))["status"] == _INSECURE
    assert await probe.quit() == 0
    await _received_no_session(server)


@pytest.mark.parametrize("use", _USES)
async def test_an_offer_without_srtp_that_was_made_all_the_same_is_not_sent(
    new_probe: NewProbe, new_server: NewServer, host: str, use: str
) -> None:
    server, probe = await _calling(new_probe, new_server, host, srtp=use, any_transport=True)
    ended = await probe.until("call", lambda event: event["state"] == "DISCONNECTED")
    assert ended["code"] == 503
    assert await probe.quit() == 0
    await _received_no_session(server)


@pytest.mark.parametrize("answer", [183, 200])
@pytest.mark.parametrize("use", _USES)
async def test_a_plain_offer_is_refused(
    new_probe: NewProbe, new_server: NewServer, use: str, answer: int
) -> None:
    caller = await registered(new_probe, new_server, srtp=use, answer=answer)
    assert (await caller.invite("RTP/AVP", ())).status == 488
    assert (await caller.ask("OPTIONS")).status == 200
    assert await caller.probe.quit() == 0
    await _received_no_session(caller.server)


@pytest.mark.parametrize("answer", [183, 200])
@pytest.mark.parametrize("use", _USES)
async def test_an_answer_without_srtp_that_was_made_all_the_same_is_not_sent(
    new_probe: NewProbe, new_server: NewServer, use: str, answer: int
) -> None:
    caller = await registered(new_probe, new_server, srtp=use, answer=answer, any_transport=True)
    caller.send_invite("RTP/AVP", ())
    await caller.probe.until("media")
    assert (await caller.ask("OPTIONS")).status == 200
    assert await caller.probe.quit() == 0
    await _received_no_session(caller.server)


@pytest.mark.parametrize("any_transport", [False, True])
async def test_a_session_with_srtp_is_sent(
    new_probe: NewProbe, new_server: NewServer, any_transport: bool
) -> None:
    caller = await registered(
        new_probe, new_server, srtp="optional", answer=200, any_transport=any_transport
    )
    answer = await caller.invite("RTP/SAVP", (sip.crypto(),))
    assert answer.status == 200
    assert " RTP/SAVP " in answer.body


async def _calling(
    new_probe: NewProbe, new_server: NewServer, host: str, **settings: object
) -> tuple[HostileServer, Probe]:
    server = await new_server()
    probe = await new_probe(
        names=None, system=None, base=None, library=None, bound=host, **settings
    )
    await probe.tell("call", uri=f"sip:bob@{host}:{server.port};transport=tls")
    return server, probe


async def _received_no_session(server: HostileServer) -> None:
    if server.connections:
        received = await server.all_received()
        assert b"m=audio" not in received
