"""What an incoming call meets: ringing, a refusal, or another address."""
