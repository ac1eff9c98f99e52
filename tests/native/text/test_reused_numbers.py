"""Real-time text that waits while its call ends and another one gets its number."""

from __future__ import annotations

from tests.conftest import NewServer
from tests.native import listening
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.native.text import far_end
from tests.support.media import t140

_CALLS = 6
_POLL_MS = 300
"""Longest time that PJSIP waits for a message: text that comes meanwhile waits, too."""


async def test_a_call_gets_no_text_of_the_one_before_it(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    caller = await registered(
        new_probe, new_server, answer=200, texts=1, redundancy=4, max_calls=1, poll_ms=_POLL_MS
    )
    probe = caller.probe
    answer = None
    for number in range(_CALLS):
        with listening.ear(host) as ear:
            body = far_end.session(caller.server.host, ear.getsockname()[1], level=0)
            if answer is None:
                answer = await caller.ask("INVITE", body)
            else:
                # Both come in one piece: nothing else is done between them.
                answer = await caller.call_after(answer, body)
            assert answer.status == 200
            caller.acknowledge(answer)
            end = far_end.FarEnd(caller, ear, answer)
            writer = t140.Writer(level=0)
            end.write(writer.packet(b"first %d" % number))
            await _arrives(probe, b"first %d" % number)
            end.write(writer.packet(b"last %d" % number))
    for number, text in enumerate(_texts_after_calls(probe), 1):
        assert text.startswith(b"first %d" % number)
    assert await probe.quit() == 0


async def _arrives(probe: Probe, text: bytes) -> None:
    await probe.until("text", lambda event: event["text"] == text.hex())


def _texts_after_calls(probe: Probe) -> list[bytes]:
    """Text between the end of each call and that of the next."""
    texts: list[bytes] = []
    for event in probe.events:
        if event.get("state") == "DISCONNECTED":
            texts.append(b"")
        elif event["event"] == "text" and texts:
            texts[-1] += bytes.fromhex(event["text"])
    return texts
