"""Text of the screen from plain values, by pure functions."""
