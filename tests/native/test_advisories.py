"""What our patches refuse before PJSIP's own tables and arithmetic are tried.

Each row stays below what a PJSIP without our patches can hold: it goes one over
a limit of ours, and a row beside it that is exactly at the limit is accepted.
"""

from __future__ import annotations

from tests.native.caller import registered
from tests.native.conftest import NewProbe, NewServer
from tests.support import sip

# 0050: SDES lines

_MOST_SDES_LINES = 32


def _sdes_lines(count: int) -> tuple[str, ...]:
    return tuple(sip.crypto(tag=tag) for tag in range(1, count + 1))


async def test_an_offer_with_more_sdes_lines_than_anybody_needs_is_refused(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server)
    most = await caller.invite("RTP/SAVP", _sdes_lines(_MOST_SDES_LINES))
    assert most.status == 180, most.first
    answer = await caller.invite("RTP/SAVP", _sdes_lines(_MOST_SDES_LINES + 1))
    assert answer.status in (406, 488), answer.first
    assert (await caller.ask("OPTIONS")).status == 200
