"""Commands about settings of the whole phone."""
