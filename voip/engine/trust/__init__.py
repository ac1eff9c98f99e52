"""Trust in servers and far ends: certificates and compared keys."""
