"""Call security: rules, locks, certificates and hostile text, all pure."""
