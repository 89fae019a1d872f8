"""What holds for all tests: no property fails because a machine is slow."""

from hypothesis import HealthCheck, settings

settings.register_profile("menwei", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("menwei")
