"""Fixtures for every test: a recorder of events."""

import pytest

from tests.recorder import Recorder


@pytest.fixture
def events() -> Recorder:
    """An Observe that remembers; its list is `events.events`."""
    return Recorder()
