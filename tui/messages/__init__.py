"""Text messages: the people, and the texts with one of them."""
