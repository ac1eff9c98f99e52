"""Calls in a worker: hold, reach, verdicts."""
