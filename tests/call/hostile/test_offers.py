"""Sessions in an INVITE that are refused, with the reason for each."""

from __future__ import annotations

import pytest

from tests.call.hostile import sessions
from tests.call.hostile.sessions import Session
from tests.call.hostile.stage import MALLORY, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

_REFUSED = (406, 480, 488)


@pytest.mark.parametrize("kind", list(sessions.SDES))
async def test_a_call_without_encryption_is_refused_and_logged(stage: Stage, kind: str) -> None:
    await _refused(stage, sessions.SDES[kind], "sdes")


@pytest.mark.parametrize("kind", list(sessions.DTLS))
async def test_a_call_without_dtls_is_refused_and_logged(stage: Stage, kind: str) -> None:
    await _refused(stage, sessions.DTLS[kind], "dtls")


@pytest.mark.parametrize("kind", list(sessions.TAKEN))
async def test_what_is_encrypted_is_taken_and_nothing_beside_it(stage: Stage, kind: str) -> None:
    stage.lock_may_close = True
    offer = sessions.TAKEN[kind]
    secure, plain = stage.sinks.open_unwatched(), stage.sinks.open_udp()
    ports = (secure, plain) if offer.secure else (plain, secure)
    far = await stage.far_end()
    await far.calls(MALLORY, offer.text(stage.host, *ports))
    call = await stage.answer()
    await stage.phone.until_call(lambda c: c.id == call and c.lock.closed and c.duration_s > 0)


async def _refused(stage: Stage, offer: Session, keying: str) -> None:
    far = await stage.far_end(media_keying=keying)
    await far.calls(MALLORY, offer.text(stage.host, stage.sinks.open_udp()))
    answer = await far.refusal()
    assert answer.status in _REFUSED, answer.first
    entry = await stage.until_refused()
    assert entry.reason == f"refused: {sessions.description(offer, 'caller', answers=False)}"
    assert entry.remote.name == "Mallory"
