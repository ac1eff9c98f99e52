"""Sound devices on the command line."""
