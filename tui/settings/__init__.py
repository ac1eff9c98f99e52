"""Settings on the screen."""
