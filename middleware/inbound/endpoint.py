"""What the layers must know of a matched route."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from middleware.inbound.admission import Decide
from middleware.inbound.priorities import Priority
from middleware.inbound.quota import Charge

ReadInput = Callable[[web.Request], object]
"""Reads and checks all a request brings; raises a Problem with every fault at once. Where a body is still to come it
gives a coroutine, which gives the same: most have come already, and then nobody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one address.

    `template` is the address with its parameters' names (`/products/{id}`), `operation` a word for what it does
    (`products.read`), `decide` its access rule, `limit_seconds` how long a request to it may take, None for as
    long as any, `charge` what it takes from its caller's limit, None for nothing, `idempotency` whether it takes an
    Idempotency-Key, `is_signposted` whether callers who are lost are told of the address.
    """

    template: str
    operation: str
    decide: Decide
    read_input: ReadInput
    limit_seconds: float | None = None
    charge: Charge | None = None
    idempotency: Literal["none", "optional", "required"] = "none"
    priority: Priority = "default"
    is_signposted: bool = True


Endpoints = Mapping[Callable[..., object], Endpoint]
"""By the handler aiohttp resolves a request to: each endpoint has a handler of its own, HEAD shares GET's."""
