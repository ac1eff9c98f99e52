"""`offhook order`: places are counted from 1."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


@pytest.mark.parametrize(
    ("name", "number", "order"),
    [
        ("a", "1", ["a", "b", "c"]),
        ("c", "1", ["c", "a", "b"]),
        ("a", "2", ["b", "a", "c"]),
        ("a", "3", ["b", "c", "a"]),
        ("a", "99", ["b", "c", "a"]),
    ],
)
async def test_an_account_is_put_at_its_place(
    standin: StandIn, name: str, number: str, order: list[str]
) -> None:
    for account in ("a", "b", "c"):
        await standin.add_account(account)
    assert await typed("order", name, number) == (0, "", "")
    await standin.reaches(lambda status: [a.name for a in status.accounts] == order)


async def test_a_place_is_a_number_from_1_and_an_account_must_be_there(standin: StandIn) -> None:
    await standin.add_account("a")
    for number in ("0", "-1", "first"):
        assert (await typed("order", "a", number)).status == 2
    status, out, err = await typed("order", "b", "1")
    assert (status, out) == (1, "")
    assert "there is no account b" in err
