"""What all tests share: Hypothesis without a clock, the same examples on every run, any order on request.

A test that finds a new counterexample only now and then tells nothing about the change it is run for. New
examples are looked for on purpose, by `make fuzz`, and those it finds are pinned with ``@example``.
``BYSTANDER_ORDER=7`` puts modules, and tests in each, in the seventh of many orders: none may matter.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fuzz", parent=settings.get_profile("same"), derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("BYSTANDER_EXAMPLES", "same"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shuffle modules, and the tests of each, where an order is asked for."""
    order = os.environ.get("BYSTANDER_ORDER", "")
    if not order:
        return
    draw = random.Random(order)
    places = {path: draw.random() for path in sorted({item.path for item in items})}
    draw.shuffle(items)
    items.sort(key=lambda item: places[item.path])
