"""What all tests share: how hypothesis looks for counterexamples, and which signals reach what they start."""

import signal

from hypothesis import HealthCheck, settings

# A test never measures time, and a busy machine is no counterexample.
settings.register_profile("rayscope", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rayscope")

# A job in the background of a shell ignores these two, and so would every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
