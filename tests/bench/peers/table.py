"""Medians, ratios and tables of what was measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Runs = Sequence[Sequence[float]]
"""Values of one measure and one phone, run by run; a run may have none."""

NOTHING = "–"


@dataclass(frozen=True)
class Row:
    """A line of the tables: a measure at a percentile, 50 for the median.

    Less is better, unless `more_is_better`.
    """

    measure: str
    label: str
    unit: str
    digits: int
    percentile: float = 50
    more_is_better: bool = False

    @property
    def title(self) -> str:
        return f"{self.label}, {self.unit}" if self.unit else self.label


@dataclass(frozen=True)
class Ratio:
    """Median of the ratios of runs that were measured side by side, and their range."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f}–{self.high:.2f})"


def summary(runs: Runs, percentile: float) -> float | None:
    """A percentile of all runs' values; None if there are none."""
    values = [value for run in runs for value in run]
    return float(np.percentile(values, percentile)) if values else None


def ratio(ours: Runs, theirs: Runs, percentile: float) -> Ratio | None:
    """Ratio of two phones, run by run; None where nothing can be divided.

    Load that comes and goes meets both phones of a run alike.
    """
    ratios = []
    for mine, other in zip(ours, theirs, strict=False):
        if mine and other and (divisor := float(np.percentile(other, percentile))) > 0:
            ratios.append(float(np.percentile(mine, percentile)) / divisor)
    if not ratios:
        return None
    return Ratio(float(np.median(ratios)), min(ratios), max(ratios))


def best(row: Row, measured: Mapping[str, Runs]) -> str | None:
    """Name of the phone with the best value; None if nobody has one."""
    values = {
        name: value
        for name, runs in measured.items()
        if (value := summary(runs, row.percentile)) is not None
    }
    if not values:
        return None
    return (max if row.more_is_better else min)(values, key=values.__getitem__)


def ratios(
    rows: Sequence[Row],
    measured: Mapping[str, Mapping[str, Runs]],
    ours: str,
    kin: Sequence[str] = (),
) -> list[list[str]]:
    """Cells of the table of ratios; `measured` is by phone, then by measure.

    `kin` are further columns of the same phone: each is compared by itself, and none
    counts as another phone.
    """
    others = [name for name in measured if name != ours and name not in kin]
    compared = [*(f"{ours} / {name}" for name in kin), f"{ours} / best of the others"]
    cells = [["measure", *compared, "best of the others", "better is"]]
    for row in rows:
        runs = {name: by.get(row.measure, ()) for name, by in measured.items()}
        rival = best(row, {name: runs[name] for name in others})
        words = [_compared(row, runs[ours], runs[name]) for name in kin]
        words.append(NOTHING if rival is None else _compared(row, runs[ours], runs[rival]))
        better = "more" if row.more_is_better else "less"
        cells.append([row.title, *words, rival or NOTHING, better])
    return cells


def figures(rows: Sequence[Row], measured: Mapping[str, Mapping[str, Runs]]) -> list[list[str]]:
    """Cells of the table of absolute figures."""
    cells = [["measure", *measured]]
    for row in rows:
        values = (summary(by.get(row.measure, ()), row.percentile) for by in measured.values())
        cells.append(
            [row.title, *(NOTHING if v is None else f"{v:.{row.digits}f}" for v in values)]
        )
    return cells


def markdown(cells: Sequence[Sequence[str]]) -> str:
    """A table with columns of even width."""
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]  # fmt: skip
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def _compared(row: Row, ours: Runs, theirs: Runs) -> str:
    divided = ratio(ours, theirs, row.percentile)
    if divided is not None:
        return str(divided)
    values = [summary(runs, row.percentile) for runs in (ours, theirs)]
    known = [f"{value:.{row.digits}f}" for value in values if value is not None]
    # Nothing is divided by an idle phone's 0.
    return " : ".join(known) if len(known) == len(values) else NOTHING
