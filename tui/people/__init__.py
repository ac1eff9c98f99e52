"""The contacts on the screen."""
