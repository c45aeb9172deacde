"""What declared accounts may not be."""

from collections.abc import Iterator

from server.identity.api_keys import ADMIN
from server.role_rules import role_problems
from server.service import Accounts, Service
from storage.mistakes import Mistake

ACCESS_MINUTES = range(1, 61)
"""A token speaks with the roles its account had when it was given out: not for longer than an hour."""
SESSION_DAYS = range(1, 366)


def account_mistakes(service: Service) -> Iterator[Mistake]:
    """Everything wrong with the accounts of a service."""
    declared: object = service.accounts
    if declared is None:
        return
    if not isinstance(declared, Accounts):
        detail = f"accounts is Accounts(…), not {declared!r}"
        yield Mistake(where=f"Service {service.name!r}", detail=detail, about=service)
        return
    for detail in (*_role_problems(declared), *_time_problems(declared)):
        yield Mistake(where="Accounts", detail=detail, about=declared)


def _role_problems(accounts: Accounts) -> Iterator[str]:
    yield from role_problems(accounts.roles)
    if not isinstance(accounts.roles, list | tuple):
        return
    if ADMIN in accounts.roles:
        yield f"whoever signs up would be {ADMIN}, and could make keys"
    if accounts.roles and not accounts.sign_up:
        yield "roles are those of whoever signs up, and nobody does with sign_up=False"


def _time_problems(accounts: Accounts) -> Iterator[str]:
    if accounts.access_minutes not in ACCESS_MINUTES:
        yield f"access_minutes is a whole number from {ACCESS_MINUTES.start} to {ACCESS_MINUTES.stop - 1}"
    for word, days in (("idle_days", accounts.idle_days), ("session_days", accounts.session_days)):
        if days not in SESSION_DAYS:
            yield f"{word} is a whole number from {SESSION_DAYS.start} to {SESSION_DAYS.stop - 1}"
    if accounts.idle_days > accounts.session_days:
        yield "idle_days is longer than session_days, so no session ends by being quiet"
