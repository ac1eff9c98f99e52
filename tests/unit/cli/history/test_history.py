"""`offhook history`: its filters choose rows, on a page and in an export."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed

MISSED, ANSWERED, OTHER = "1", "2", "3"


@pytest.fixture
async def log(standin: StandIn) -> StandIn:
    """Write a missed call, a secure one and an unencrypted one, in this order."""
    await standin.add_account("work")
    await standin.add_account("home", transport="udp")
    missed = await standin.incoming("work")
    standin.remote_hangs_up(missed)
    await standin.until_logged(missed)
    for account in ("work", "home"):
        call = await standin.call("100", account=account)
        standin.remote_answers(call)
        await standin.reaches_call(call, lambda c: c.state.answered)
        standin.remote_hangs_up(call)
        await standin.until_logged(call)
    return standin


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ((), [OTHER, ANSWERED, MISSED]),
        (("--limit", "2"), [OTHER, ANSWERED]),
        (("--missed",), [MISSED]),
        (("--account", "home"), [OTHER]),
        (("--account", "nobody"), []),
        (("--secure",), [ANSWERED]),
        (("--not-secure",), [OTHER, MISSED]),
        (("--search", "bob"), [MISSED]),
        (("--account", "work", "--not-secure"), [MISSED]),
    ],
)
async def test_filters(log: StandIn, filters: tuple[str, ...], ids: list[str]) -> None:
    shown = await typed("history", "--json", *filters)
    assert [entry["id"] for entry in json.loads(shown.out)["entries"]] == ids
    shown = await typed("history", *filters)
    rows = [] if shown.out == "no calls yet\n" else shown.out.splitlines()
    assert [row.split()[0] for row in rows] == ids
    if "--limit" in filters:
        return
    exported = await typed("history", "--export", "csv", *filters)
    assert [row["id"] for row in csv.DictReader(io.StringIO(exported.out))] == ids
    exported = await typed("history", "--export", "json", *filters)
    assert [entry["id"] for entry in json.loads(exported.out)] == ids
