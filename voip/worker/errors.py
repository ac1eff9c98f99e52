"""Refusals of a worker."""

from __future__ import annotations


class Refused(Exception):
    """Refusal of a command; the text says why."""
