"""Messages of SIP and parts of their text, each by its RFC, all pure."""
