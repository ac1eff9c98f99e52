"""Running accounts and their registration."""
