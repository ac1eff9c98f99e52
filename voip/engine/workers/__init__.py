"""Processes of workers."""
