"""People on the command line: who is blocked."""
