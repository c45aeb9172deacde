"""What a started program finds in its environment."""

import os
from collections.abc import Mapping


def environment_with(added: Mapping[str, str]) -> dict[str, str]:
    """Ours without the caller's own MAINSTAY_ settings, which would measure something else, and with what is added."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAINSTAY_")} | dict(added)
