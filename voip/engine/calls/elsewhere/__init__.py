"""Calls that go on elsewhere: at another address, target or person."""
