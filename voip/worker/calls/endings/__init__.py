"""Ends of a call that this phone decides, and the cause of each."""
