"""The phone without a screen: engine, workers, protocol, command line."""

# Asked of the installed package, its reader is slow to load.
__version__ = "0.1.0"
