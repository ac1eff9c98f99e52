"""Running accounts: registration, trial, inspection."""
