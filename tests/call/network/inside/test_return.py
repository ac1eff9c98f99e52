"""The first target is returned to when it answers again."""

from __future__ import annotations

import pytest

from tests.call.network.inside.ground import (
    FIRST,
    SECOND,
    Network,
    is_registered_with,
    registers,
)
from tests.support.network.ports import free_port


@pytest.mark.timeout(120)
async def test_the_first_is_used_again_when_it_answers(network: Network) -> None:
    second = await network.serve(SECOND, registers)
    port = free_port()
    network.publish(port, second.port)
    await network.add()
    await network.registered("refused")
    await is_registered_with(second)
    position = len(network.phone.events)
    first = await network.serve(FIRST, registers, port=port)
    await network.phone.until_registered("work", position)
    await is_registered_with(first)
