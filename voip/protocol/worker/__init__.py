"""Messages between the engine and a worker."""
