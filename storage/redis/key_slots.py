"""Where in a cluster a key lies, and which key a command is about."""

from collections.abc import Sequence

from redis.crc import key_slot

Key = bytes | str
_OF_NO_KEY = frozenset({"PING", "INFO", "ECHO", "ROLE", "SCRIPT FLUSH"})
"""Commands for any node; all others of ours begin with a key."""


def key_of(command: str, arguments: Sequence[bytes | str | float]) -> Key | None:
    """The key that says which node a command is for; None where any will do.

    A SCAN is for the node of its pattern, whose braces name the slot of all keys it is to find.
    """
    if command in _OF_NO_KEY:
        return None
    place = 2 if command == "SCAN" else 0
    found = arguments[place] if len(arguments) > place else None
    return found if isinstance(found, bytes | str) else None


def slot_of(key: Key) -> int:
    """Its slot, of 16,384: that of the part in braces where it has one (Redis cluster specification, "Hash tags")."""
    return key_slot(key if isinstance(key, bytes) else key.encode())
