"""Our own parts of PJMEDIA, in the real library."""
