"""The full-screen phone, a client of the engine."""
