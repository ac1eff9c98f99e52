"""The full-screen phone: a client of the engine, and nothing else."""
