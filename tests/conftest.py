"""What all tests share: Hypothesis without a clock, and the same examples on every run.

A test that finds a new counterexample only now and then tells nothing about the change it is run for. New
examples are looked for on purpose, by `make fuzz`, and those it finds are pinned with ``@example``.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fuzz", parent=settings.get_profile("same"), derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("BYSTANDER_EXAMPLES", "same"))
