"""Subscriptions of a worker's accounts to what people do."""
