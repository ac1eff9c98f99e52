"""Accounts as they are kept: their file, fields, secrets and keys."""
