"""PJSIP's vectors of Python's values."""

from __future__ import annotations

from collections.abc import Iterable

import pjsua2 as pj


def strings(values: Iterable[str]) -> pj.StringVector:
    vector = pj.StringVector()
    for value in values:
        vector.push_back(value)
    return vector
