"""Words of the screen: text from plain values, all pure."""
