"""Messages: between a client and the engine, and between engine and worker."""
