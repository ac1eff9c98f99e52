"""Screens of the phone as a whole: main screen, help, palette."""
