"""The real program in a real terminal, with the real engine."""
