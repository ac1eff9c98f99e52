"""The call log, written and read."""
