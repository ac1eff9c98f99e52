"""Players of music on the user's desktop, which pause during calls."""
