"""Files of the engine: TOML, permissions, the log, the lock."""
