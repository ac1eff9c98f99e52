"""Keys of the phone, and the actions they run."""
