"""Tests fail for every mutant of the lock (`python -m tests.mutation`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutation import Mutant, killer, mutants
from voip.security import policy
from voip.security.lock_facts import Kind

MUTANTS = list(mutants())


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_test_fails_without(mutant: Mutant) -> None:
    assert killer(mutant) is not None


def test_each_condition_is_taken_from_the_list_and_made_to_hold_always() -> None:
    names = {mutant.name for mutant in MUTANTS}
    for kind in Kind:
        assert {f"policy: {kind} is not asked for", f"policy: {kind} always holds"} <= names


def test_a_change_that_changes_nothing_survives() -> None:
    text = Path(policy.__file__).read_text()
    assert killer(MUTANTS[0]._replace(text=text)) is None
