"""Certificates (RFC 5280), read without trusting them."""
