"""Way back to a call whose far end, or whose user, was to talk to somebody else."""

from __future__ import annotations

import logging
from typing import Protocol

from voip.engine.calls.live import LiveCall
from voip.engine.errors import Refusal

log = logging.getLogger(__name__)


class Requests(Protocol):
    """Requests on calls: `voip.engine.calls.requests.Calls`."""

    async def bring_back(self, call: LiveCall) -> bool:
        """Resume a call, unless another has the user; False if it does not come back."""


async def go_back(requests: Requests, call: LiveCall) -> bool:
    """Resume a call; False if another has the user, or it or its worker has just ended."""
    try:
        return await requests.bring_back(call)
    except Refusal as error:
        log.info("call %d is not resumed: %s", call.id, error)
        return False


def where(call: LiveCall, is_back: bool) -> str:
    """Words for the user: where a call is now."""
    name = call.remote.label
    if not is_back:
        return f"{name} is on hold"
    return f"{name} is in the conference again" if call.conference else f"you have {name} again"
