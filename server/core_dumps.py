"""No image of this process's memory is written when it crashes: it would hold every secret and what callers sent."""

import resource


def forbid_core_dumps() -> None:
    """Hold from now on, for programs started from here too."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
