"""Trials of an account and of its server, which leave nothing behind."""
