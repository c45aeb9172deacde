"""Remembers every event: the product's own, as it is given to the teams that use it."""

from server.testing import Recorder

__all__ = ["Recorder"]
