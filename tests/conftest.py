"""What all tests share: how hypothesis looks for counterexamples."""

from hypothesis import HealthCheck, settings

# A test never measures time, and a busy machine is no counterexample.
settings.register_profile("rayscope", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rayscope")
