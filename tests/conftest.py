"""What holds for all tests: no property fails because a machine is slow."""

from hypothesis import settings

settings.register_profile("menwei", deadline=None)
settings.load_profile("menwei")
