"""Whether a text is a Redis address, said without quoting it: a password may stand anywhere in one that is none."""

from storage.redis.redis_url import Malformed, address_of


def url_fault(url: str) -> str:
    """What is wrong with it, in words that follow its name; empty if nothing is."""
    try:
        address_of(url)
    except Malformed as malformed:
        return str(malformed)
    return ""
