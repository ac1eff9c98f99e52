"""Names of servers: what they lead to."""
