"""Commands for a call that rings."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.protocol.worker.calls import EndCall


@pytest.mark.parametrize(("command", "code"), [("decline", 603), ("busy", 486)])
async def test_a_call_is_refused_with_its_code(standin: StandIn, command: str, code: int) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work")
    assert await typed(command, call) == (0, "", "")
    assert [o.code for o in standin.script.orders if isinstance(o, EndCall)] == [code]
    status, out, err = await typed(command, "99")
    assert (status, out, err) == (1, "", "offhook: there is no call 99\n")
