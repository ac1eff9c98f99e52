"""TLS connections of a worker, and why they are refused."""
