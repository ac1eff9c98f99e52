"""The lock of a conference, and which calls can be mixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from voip.protection import Lock, LockSignalling, LockState, Sign, Transport
from voip.security import lock_sign, policy


def lock(sign: Sign | None) -> Lock:
    closed = sign is not None and sign.closed
    return Lock(
        state=LockState.CLOSED if closed else LockState.OPEN,
        why="encrypted" if closed else f"it lacks something ({sign})",
        signalling=LockSignalling(Transport.TLS),
        sign=sign,
    )


@given(st.lists(st.sampled_from([*Sign, None]), min_size=1, max_size=8))
def test_it_is_closed_only_if_all_are_and_names_the_first_that_is_open(
    signs: list[Sign | None],
) -> None:
    locks = {str(number): lock(sign) for number, sign in enumerate(signs, 7)}
    group = policy.group_lock(locks)
    opened = [(call, each) for call, each in locks.items() if not each.closed]
    assert group.closed is (not opened)
    assert group.sign in signs
    assert (group.sign is not None and group.sign.closed) is (not opened)
    assert cell_len(group.short) <= lock_sign.CELLS
    if opened:
        call, found = opened[0]
        assert group.why == f"call {call}: {found.why}"
    else:
        assert group.sign is (Sign.SEALED if set(signs) == {Sign.SEALED} else Sign.SERVER)


@pytest.mark.parametrize(
    ("signs", "worst"),
    [
        ((Sign.SEALED, Sign.SERVER), Sign.SERVER),
        ((Sign.SERVER, Sign.WAIT), Sign.WAIT),
        ((Sign.WAIT, Sign.VERIFY), Sign.VERIFY),
        ((Sign.VERIFY, Sign.UNSAFE), Sign.UNSAFE),
        ((Sign.SERVER, None), None),
    ],
)
def test_its_sign_is_the_worst_of_them(signs: tuple[Sign | None, ...], worst: Sign | None) -> None:
    for order in (signs, signs[::-1]):
        assert policy.group_lock({str(n): lock(s) for n, s in enumerate(order)}).sign is worst


def test_a_conference_of_nobody_is_not_closed() -> None:
    assert not policy.group_lock({}).closed


@pytest.mark.parametrize("workers", [(True, False), (False, True, False)])
def test_calls_of_both_workers_are_not_mixed(workers: tuple[bool, ...]) -> None:
    why = policy.why_not_mixed(workers)
    assert why is not None
    assert why.startswith("encrypted and unencrypted calls cannot be joined")


@pytest.mark.parametrize("workers", [(True, True), (False, False, False)])
def test_calls_of_one_worker_are(workers: tuple[bool, ...]) -> None:
    assert policy.why_not_mixed(workers) is None
