"""Settings of the whole phone on the command line."""
