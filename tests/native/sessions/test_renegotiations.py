"""Memory that changes of a session leave behind in their call."""

from __future__ import annotations

import base64
import itertools

from tests.conftest import NewServer
from tests.native.caller import Caller, registered
from tests.native.conftest import NewProbe

_WARM, _CHANGES = 300, 1000
_BYTES = 48
"""Of each change at most: less than a key and its suite, more than the probe's own noise."""

_READINGS = 30


async def test_a_session_whose_keys_change_takes_no_memory(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    lines = itertools.cycle([_crypto(bytes([number] * 30)) for number in (1, 2)])
    answer = await caller.invite("RTP/SAVP", (next(lines),))
    caller.acknowledge(answer)
    allocated = []
    for changes in (_WARM, _CHANGES):
        for line in itertools.islice(lines, changes):
            # Those before would be looked through each time.
            caller.connection.messages.clear()
            answer = await caller.update(answer, "RTP/SAVP", (line,))
            assert answer.status == 200, answer.first
        allocated.append(await _allocated(caller))
    assert allocated[1] - allocated[0] < _CHANGES * _BYTES


def _crypto(key: bytes) -> str:
    return f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{base64.b64encode(key).decode()}"


async def _allocated(caller: Caller) -> int:
    """Bytes that the probe has allocated, once the streams before are freed."""
    first = len(caller.probe.events)
    return min([await _reading(caller, first + number) for number in range(_READINGS)])


async def _reading(caller: Caller, ident: int) -> int:
    await caller.probe.tell("tell of memory", ident=ident)
    told = await caller.probe.until("memory", lambda event: event["ident"] == ident)
    return int(told["bytes"])
