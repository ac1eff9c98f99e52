"""Ringing: the user's own sound, and a device of its own."""
