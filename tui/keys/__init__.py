"""Keys and the actions they are for."""
