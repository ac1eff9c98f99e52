"""Error of a bus (D-Bus)."""

from __future__ import annotations


class BusError(Exception):
    """Bus or program on it that cannot be used; the text is ours, and says why."""
