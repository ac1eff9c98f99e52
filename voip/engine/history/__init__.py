"""The call log: written, read, and deleted from."""
