"""Accounts on the screen: the form, its trial, the trust in a server."""
