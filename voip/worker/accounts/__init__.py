"""Accounts in a worker, and attribution of requests to them."""
