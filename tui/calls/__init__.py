"""Calls on the screen: panes, the dial line, the lock."""
