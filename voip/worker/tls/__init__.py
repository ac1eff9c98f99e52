"""TLS connections of a worker, and causes of their refusal."""
