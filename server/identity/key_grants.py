"""What somebody asks a new key to be, checked: everything wrong with it at once."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.limit_rules import GREATEST_FACTOR, LEAST_FACTOR, is_factor
from storage.credentials.stored_key import KeyGrant

LONGEST_LIFE_SECONDS = 10 * 365 * 86_400.0

_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,62}", re.ASCII)
_RESOURCE = re.compile(r"[A-Za-z0-9._~/-]{1,200}", re.ASCII)
_TEXT_AT_MOST = 200
_MANY = 50


class GrantWrong(Exception):  # noqa: N818 - it says what is wrong
    """Such a key cannot be made."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWish:
    """What is asked for: no resources are all of them, no subject makes the key one of its own."""

    roles: Sequence[str] = ()
    name: str = ""
    subject: str = ""
    tenant: str | None = None
    resources: Sequence[str] = ()
    may_write: bool = True
    limit_factor: float | None = None


def is_role(text: str) -> bool:
    """Whether it can be the name of a role."""
    return _ROLE.fullmatch(text) is not None


def granted(wish: KeyWish, *, expires_in_seconds: float | None) -> KeyGrant:
    """The grant; raises GrantWrong with every sentence there is to say."""
    sentences = [*_wrong(wish)]
    if expires_in_seconds is not None and not 0 < expires_in_seconds <= LONGEST_LIFE_SECONDS:
        sentences.append("A key lives for at most ten years, or never expires.")
    if sentences:
        raise GrantWrong(sentences)
    return KeyGrant(
        name=wish.name,
        subject=wish.subject,
        tenant=wish.tenant,
        roles=tuple(sorted(set(wish.roles))),
        resources=tuple(sorted({one.strip("/") for one in wish.resources})) or None,
        may_write=wish.may_write,
        limit_factor=wish.limit_factor,
        expires_in_seconds=expires_in_seconds,
    )


def _wrong(wish: KeyWish) -> Iterator[str]:
    for role in wish.roles:
        if not is_role(role):
            yield f"{role!r} is no role: letters, digits, and . _ : - after the first."
    for resource in wish.resources:
        if not _RESOURCE.fullmatch(resource) or not resource.strip("/"):
            yield f"{resource!r} is no resource: its path, as products for /products."
    if max(len(wish.roles), len(wish.resources)) > _MANY:
        yield f"A key has at most {_MANY} roles and names at most {_MANY} resources."
    for word, text in (("name", wish.name), ("subject", wish.subject), ("tenant", wish.tenant or "")):
        if len(text) > _TEXT_AT_MOST or not (text.isprintable()):
            yield f"A {word} has at most {_TEXT_AT_MOST} printable characters."
    if wish.tenant == "":
        yield "A tenant has a name."
    if wish.limit_factor is not None and not is_factor(wish.limit_factor):
        yield f"A limit factor is a number from {LEAST_FACTOR} to {GREATEST_FACTOR:,}."
