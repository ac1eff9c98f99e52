"""Commands about the phone as a whole."""
