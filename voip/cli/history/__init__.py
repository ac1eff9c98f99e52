"""The call log on the command line."""
