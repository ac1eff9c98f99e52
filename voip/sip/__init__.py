"""SIP as its RFCs write it: addresses, statuses and messages, all pure."""
