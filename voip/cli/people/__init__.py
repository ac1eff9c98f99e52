"""Commands about people: look-ups and blocked callers."""
