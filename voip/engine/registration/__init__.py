"""Accounts as they run: registered, tried, inspected."""
