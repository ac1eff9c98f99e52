"""Ringing, ringback and the tone of a second call."""
