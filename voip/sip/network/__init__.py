"""Addresses by the RFCs of names, translators and relays, all pure."""
