"""Accounts in a worker, and whom its requests are for."""
