"""Refusals of a worker."""

from __future__ import annotations


class Refused(Exception):
    """A command that is not carried out; the text says why."""
