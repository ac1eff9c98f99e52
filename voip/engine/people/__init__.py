"""People: contacts, recent callers, look-ups."""
