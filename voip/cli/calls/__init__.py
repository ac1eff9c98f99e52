"""Calls on the command line."""
