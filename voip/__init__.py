"""The phone without a screen: engine, workers, protocol, command line."""
