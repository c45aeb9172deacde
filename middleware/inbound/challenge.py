"""What a refused caller is told of how to authenticate: the WWW-Authenticate of RFC 6750, section 3."""

import re

from aiohttp import hdrs

INVALID_TOKEN = "invalid_token"  # noqa: S105 - a word of RFC 6750, no token
INSUFFICIENT_SCOPE = "insufficient_scope"

_UNQUOTABLE = re.compile(r"[^\x20-\x21\x23-\x5B\x5D-\x7E]")
"""What RFC 6750 does not let stand in a description: quotes, backslashes, whatever is not printable ASCII."""


def challenge(realm: str, error: str = "", *, description: str = "") -> dict[str, str]:
    """The header; a caller that brought no credentials is told no error (RFC 6750, section 3.1)."""
    words = [f'realm="{_UNQUOTABLE.sub("", realm)}"']
    if error:
        words += [f'error="{error}"', f'error_description="{_UNQUOTABLE.sub("", description)}"']
    return {hdrs.WWW_AUTHENTICATE: f"Bearer {', '.join(words)}"}
