"""Stored accounts: their file, fields, secrets and keys."""
