"""Commands about accounts, and trust in their servers."""
