"""How many files, connections included, this process may have open."""

import resource

_ENOUGH = 65_536


def files_open_at_most() -> int:
    """Raise the soft limit as far as the hard one and need go; the limit. Many systems begin at 1,024 of 500,000."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
