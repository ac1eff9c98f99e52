"""Messages between client and engine, and between engine and worker."""
