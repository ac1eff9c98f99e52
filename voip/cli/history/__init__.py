"""Commands about the call log."""
