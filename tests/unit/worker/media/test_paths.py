"""Causes for which a call has no way for its voice, or no relay."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pjsua2 as pj
import pytest
from msgspec.structs import replace

from tests.unit.worker.accounts.test_nat import SETUP
from voip.causes import Cause, CauseKind
from voip.protocol.worker.accounts import IceServers
from voip.worker.media import paths


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (370_121, CauseKind.RELAY_UNVERIFIED),
        (370_401, CauseKind.RELAY_PASSWORD),
        (370_403, CauseKind.RELAY_PASSWORD),
        (370_441, CauseKind.RELAY_PASSWORD),
        (70_009, CauseKind.RELAY_SILENT),
        (370_004, CauseKind.RELAY_SILENT),
        (120_111, CauseKind.RELAY_SILENT),
    ],
)
def test_each_status_of_a_relay_has_its_cause(status: int, kind: CauseKind) -> None:
    assert paths.refusal_of(status, SETUP) == Cause(kind, ("turn.example.com",))


@pytest.mark.parametrize("status", [0, 70_002, 70_006])
def test_a_relay_that_has_not_failed_has_none(status: int) -> None:
    assert paths.refusal_of(status, SETUP) is None


def test_without_a_relay_nothing_is_said_of_it() -> None:
    for servers in (None, IceServers()):
        assert paths.refusal_of(370_401, replace(SETUP, ice_servers=servers)) is None


class _Call:
    def __init__(self, **ice: object) -> None:
        self._ice = SimpleNamespace(**ice)

    def getMedTransportInfo(self, index: int) -> object:  # noqa: N802
        if index == 0:
            raise pj.Error
        return SimpleNamespace(ice=self._ice)


def _of(call: _Call) -> tuple[pj.Call, pj.CallInfo]:
    info = SimpleNamespace(media=[SimpleNamespace(index=0), SimpleNamespace(index=1)])
    return cast("pj.Call", call), cast("pj.CallInfo", info)


def test_a_call_whose_checks_have_failed_has_no_way() -> None:
    assert paths.failure(*_of(_Call(failed=True))) == Cause(CauseKind.NO_WAY)
    assert paths.failure(*_of(_Call(failed=False))) is None


def test_a_call_reports_the_refusal_of_its_relay() -> None:
    refusal = paths.refusal(*_of(_Call(relayStatus=370_401)), SETUP)
    assert refusal == Cause(CauseKind.RELAY_PASSWORD, ("turn.example.com",))
    assert paths.refusal(*_of(_Call(relayStatus=0)), SETUP) is None
