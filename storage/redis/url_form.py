"""Whether a text is a Redis address, said without quoting it: a password may stand anywhere in one that is none."""

from redis.connection import parse_url

_NO_URL = "is no redis://, rediss:// or unix:// URL; in one a password's / # ? are written %2F %23 %3F"


def url_fault(url: str) -> str:
    """What is wrong with it, in words that follow its name; empty if nothing is."""
    try:
        parse_url(url)  # type: ignore[no-untyped-call]  # it has no annotations
    except ValueError:
        return _NO_URL
    return ""
