from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine is slow: no deadline may fail a test.
settings.register_profile("offhook", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("offhook")
