"""Accounts on the screen: pane, form, test, and the server's certificates."""
