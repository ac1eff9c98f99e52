"""The call log on the screen."""
