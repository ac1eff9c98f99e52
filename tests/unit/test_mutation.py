"""Tests fail for every mutant of the lock (`python -m tests.mutation`)."""

from __future__ import annotations

import pytest

from tests.mutation import FACTS, POLICY, Mutant, killer, mutants_of, source
from voip.security.lock_facts import Kind


@pytest.mark.parametrize("module", [POLICY, FACTS])
def test_a_test_fails_for_each_mutant(module: str) -> None:
    survivors = [mutant.name for mutant in mutants_of(module) if killer(mutant) is None]
    assert survivors == []


def test_each_condition_is_taken_from_the_list_and_made_to_hold_always() -> None:
    names = {mutant.name for mutant in mutants_of(POLICY)}
    for kind in Kind:
        assert {f"policy: {kind} is not asked for", f"policy: {kind} always holds"} <= names


@pytest.mark.parametrize("module", [POLICY, FACTS])
def test_a_change_that_changes_nothing_survives(module: str) -> None:
    assert killer(Mutant("unchanged", module, source(module))) is None
