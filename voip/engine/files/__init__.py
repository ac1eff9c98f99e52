"""Files of the engine and programs of its user: TOML, permissions, the log, the lock."""
