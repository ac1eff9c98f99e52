"""Worker that rings on a device of its own."""
