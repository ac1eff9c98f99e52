"""Accounts on the command line, and trust in their servers."""
