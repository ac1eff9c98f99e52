"""Real-time text of the calls."""
