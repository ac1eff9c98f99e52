"""The terminal: text as cells, symbols, output and input."""
