"""Reception of incoming calls: ringing, a refusal, or another address."""
