"""`offhook doctor`: its marks and its exit status."""

from __future__ import annotations

import json

import certifi
import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


async def test_a_warning_is_marked_and_the_status_is_0(standin: StandIn) -> None:
    standin.paths.state.chmod(0o755)
    status, out, _ = await typed("doctor")
    assert status == 0
    assert f"WARN  permissions: {standin.paths.state} is open to others" in out
    assert "BAD " not in out
    status, out, _ = await typed("doctor", "--json")
    assert (status, json.loads(out)["ok"]) == (0, True)


async def test_a_phone_that_cannot_call_has_status_1(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: "/nonexistent/none.pem")
    status, out, _ = await typed("doctor")
    assert status == 1
    assert "BAD   certificate authorities: /nonexistent/none.pem" in out
    status, out, _ = await typed("doctor", "--json")
    assert (status, json.loads(out)["ok"]) == (1, False)
