"""Security of calls: rules, locks, certificates and hostile text, all pure."""
