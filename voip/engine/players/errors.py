"""Error of the session bus."""

from __future__ import annotations


class BusError(Exception):
    """Bus or program on it that cannot be used; the text is ours, and says why."""
