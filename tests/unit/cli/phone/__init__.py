"""The phone as a whole on the command line."""
