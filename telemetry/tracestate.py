"""What vendors along a trace want to be passed on: the W3C `tracestate` header, checked and bounded."""

import re
from collections.abc import Sequence

# https://www.w3.org/TR/trace-context/#tracestate-header, 3.3.1: a key, one sign of equality, a value that does not end
# in a space. A later key of the same name is against the rules, and so are more than 32 of them.
_SIMPLE = r"[a-z][a-z0-9_\-*/]{0,255}"
_TENANT = r"[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}"
_MEMBER = re.compile(rf"({_TENANT}|{_SIMPLE})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{{0,255}}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
_MEMBERS_AT_MOST = 32

# The same, 3.3.1.5: at least 512 characters are passed on; what is cut goes as whole members, those over 128 first.
CHARACTERS_AT_MOST = 512
_LONG_MEMBER_CHARACTERS = 128


def parse_tracestate(headers: Sequence[str]) -> str:
    """Join the header's lines into one value that may be sent on; empty where anything in it breaks the rules."""
    members = [member for one in ",".join(headers).split(",") if (member := one.strip(" \t"))]
    keys = {member.partition("=")[0] for member in members}
    if len(members) > _MEMBERS_AT_MOST or len(keys) < len(members) or not all(map(_MEMBER.fullmatch, members)):
        return ""
    return ",".join(_bounded(members))


def _bounded(members: list[str]) -> list[str]:
    """Those that fit: the long ones go first, then the last, which were written earliest."""
    if _length(members) > CHARACTERS_AT_MOST:
        members = [member for member in members if len(member) <= _LONG_MEMBER_CHARACTERS]
    while _length(members) > CHARACTERS_AT_MOST:
        members = members[:-1]
    return members


def _length(members: list[str]) -> int:
    return sum(map(len, members)) + max(0, len(members) - 1)
