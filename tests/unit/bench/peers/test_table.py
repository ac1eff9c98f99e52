"""Tables of the bench: medians, ratios run by run, and what is left out."""

from __future__ import annotations

import pytest

from tests.bench.peers.table import (
    Ratio,
    Row,
    Runs,
    best,
    figures,
    markdown,
    ratio,
    ratios,
    summary,
)

DELAY = Row("delay", "mouth to ear", "ms", 0)
SCORE = Row("score", "PESQ", "", 2, more_is_better=True)


def test_a_summary_is_of_all_runs() -> None:
    runs = [[1.0, 2.0], [], [9.0]]
    assert summary(runs, 50) == 2.0
    assert summary(runs, 100) == 9.0
    assert summary([[], []], 50) is None


def test_a_ratio_is_of_phones_in_the_same_run() -> None:
    # The second run met a busy machine, which slowed both.
    assert ratio([[10.0], [100.0]], [[5.0], [50.0]], 50) == Ratio(2.0, 2.0, 2.0)


def test_a_ratio_has_its_range() -> None:
    assert ratio([[1.0], [2.0], [6.0]], [[1.0], [1.0], [2.0]], 50) == Ratio(2.0, 1.0, 3.0)


@pytest.mark.parametrize("theirs", [[[0.0]], [[]], []])
def test_a_ratio_to_nothing_is_left_out(theirs: list[list[float]]) -> None:
    assert ratio([[1.0]], theirs, 50) is None


def test_a_run_that_one_phone_lacks_is_left_out() -> None:
    assert ratio([[1.0], []], [[2.0], [2.0]], 50) == Ratio(0.5, 0.5, 0.5)


@pytest.mark.parametrize(("row", "name"), [(DELAY, "a"), (SCORE, "b")])
def test_the_best_phone_depends_on_the_measure(row: Row, name: str) -> None:
    assert best(row, {"a": [[1.0]], "b": [[2.0]], "c": [[]]}) == name


def test_nobody_is_best_at_what_nobody_has() -> None:
    assert best(DELAY, {"a": [[]]}) is None


def test_the_table_of_ratios_compares_with_the_best_other_phone() -> None:
    measured = {
        "Offhook": {"delay": [[90.0]], "score": [[4.0]]},
        "a": {"delay": [[100.0]], "score": [[2.0]]},
        "b": {"delay": [[120.0]]},
    }
    assert ratios([DELAY, SCORE], measured, "Offhook")[1:] == [
        ["mouth to ear, ms", "0.90 (0.90–0.90)", "a", "less"],
        ["PESQ", "2.00 (2.00–2.00)", "a", "more"],
    ]


def test_an_earlier_offhook_is_compared_by_itself() -> None:
    measured = {
        "Offhook": {"delay": [[90.0]]},
        "before": {"delay": [[60.0]]},
        "a": {"delay": [[100.0]]},
    }
    assert ratios([DELAY], measured, "Offhook", ["before"])[1] == [
        "mouth to ear, ms", "1.50 (1.50–1.50)", "0.90 (0.90–0.90)", "a", "less",
    ]  # fmt: skip


def test_a_rival_that_spends_nothing_is_shown_beside_it() -> None:
    measured = {"Offhook": {"delay": [[3.0]]}, "a": {"delay": [[0.0]]}}
    assert ratios([DELAY], measured, "Offhook")[1][1] == "3 : 0"


def test_figures_have_a_column_for_each_phone() -> None:
    measured: dict[str, dict[str, Runs]] = {"a": {"delay": [[100.4]]}, "b": {"delay": [[]]}}
    assert figures([DELAY], measured) == [["measure", "a", "b"], ["mouth to ear, ms", "100", "–"]]


def test_columns_are_of_even_width() -> None:
    assert markdown([["measure", "a"], ["x", "100"]]) == (
        "| measure | a   |\n| ------- | --- |\n| x       | 100 |"
    )
