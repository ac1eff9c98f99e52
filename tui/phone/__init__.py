"""The phone as a whole on the screen: main screen, help, palette."""
