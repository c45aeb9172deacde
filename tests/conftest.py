"""What holds for every test: a recorder of events, and properties that know no clock."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.recorder import Recorder

# A busy machine is no fault of an example's. Where a run decides about a change, it decides by the same examples.
settings.register_profile(
    "mainstay", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=os.environ.get("CI") == "true"
)
settings.load_profile("mainstay")


@pytest.fixture
def events() -> Recorder:
    """An Observe that remembers; its list is `events.events`."""
    return Recorder()
