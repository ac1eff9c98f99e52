"""Clients of the engine: its event stream, single commands, shared words."""
