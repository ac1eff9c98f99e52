"""Text messages of a worker's accounts."""
