"""The user's own state, as the servers of their accounts have it."""
