"""How the end of a request is told: all that helps to understand it, and nothing that gives its caller away.

Who called is told by the credential's name and by a pseudonym of its subject and tenant: a digest under the service's
secret, the same for a subject in all replicas and at any time, and nobody without the secret can try names out. An
address is told as its network: it is personal data too (Court of Justice of the EU, C-582/14, Breyer), and whether one
network calls or the whole world is to be seen all the same. What was wrong is told by codes and places. A place's words
come from the caller as well; those that nothing declares are told as `*`.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

from aiohttp import web

from middleware.errors import Fault, Problem
from middleware.inbound.caller import Caller
from middleware.inbound.deadline import CALLERS_TIME
from middleware.inbound.exchange import Exchange
from telemetry.events import RequestFinished
from telemetry.request_summary import NOTHING_NOTED, summary_of

FAILURE = web.RequestKey("failure", Problem)
"""Why the request was answered with a problem; absent where it was not."""

FAULTS_AT_MOST = 8
"""Of a request with more faults the first are told: whoever reads its line looks for what kind they are."""

_KEPT_BITS = {4: 24, 6: 48}
"""Of an address, by its version: in IPv4 all but the last byte, in IPv6 what a provider gives one customer at most."""

_NOBODY = ("", "")
_SECRET_BYTES_AT_MOST = 64
_DIGEST_BYTES = 8
_REMEMBERED = 4_096
_INDEX_DIGITS_AT_MOST = 4
_NAME = re.compile(r"[^\[\].]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What the layer that tells of requests needs: the secret, whose address a request has, the declared words."""

    secret: bytes = b""
    address_of: Callable[[web.Request], str] | None = None
    words: frozenset[str] = frozenset()

    def finished(
        self, request: Exchange, *, place: tuple[str, str], status: int, duration_seconds: float
    ) -> RequestFinished:
        """The event; `place` is the request's method and route."""
        context, caller, failure = request.context, request.caller, request.get(FAILURE)
        subject, tenant = _NOBODY if caller is None else (caller.pseudonyms or self._pseudonyms(caller))
        notes = context.recording.notes
        summary = summary_of(notes) if notes else NOTHING_NOTED
        method, route = place
        return RequestFinished(
            method=method,
            route=route,
            status=status,
            duration_seconds=duration_seconds,
            request_id=context.request_id,
            trace_id=context.trace_id,
            span_id=context.span_id,
            stages=context.stages.seconds,
            credential_id=summary.refused_credential_id if caller is None else caller.principal.credential_id,
            subject=subject,
            tenant=tenant,
            network="" if self.address_of is None else network_of(self.address_of(request)),
            error_type="" if failure is None else failure.kind,
            reason="" if failure is None else failure.reason,
            callers_time=request.get(CALLERS_TIME, False),
            faults=() if failure is None else told_faults(failure.faults, self.words),
            cache=summary.cache,
            idempotency=summary.idempotency,
            retries=summary.retries,
            degraded=summary.degraded,
        )

    def _pseudonyms(self, caller: Caller) -> tuple[str, str]:
        principal = caller.principal
        subject = _pseudonym(f"subject {principal.name}", self.secret)
        tenant = "" if principal.tenant is None else _pseudonym(f"tenant {principal.tenant}", self.secret)
        caller.pseudonyms = subject, tenant
        return caller.pseudonyms


TELLING = Telling()
"""Without a secret, an address or a word."""


@lru_cache(_REMEMBERED)
def _pseudonym(name: str, secret: bytes) -> str:
    key = secret[:_SECRET_BYTES_AT_MOST]
    return hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES, key=key).hexdigest()


@lru_cache(_REMEMBERED)
def network_of(address: str) -> str:
    """The first address of its network, so that it still reads as one; what is no address stays as it is."""
    try:
        network = ip_network(address)
    except ValueError:
        return address
    kept = min(network.prefixlen, _KEPT_BITS[network.version])
    return str(network.supernet(new_prefix=kept).network_address)


def told_faults(faults: Sequence[Fault], words: frozenset[str]) -> tuple[str, ...]:
    """Each as `code place`: `missing /author`, `unknown_parameter ?*`, `invalid_key Idempotency-Key:`."""
    return tuple(f"{fault.code} {_place(fault, words)}" for fault in faults[:FAULTS_AT_MOST])


def _place(fault: Fault, words: frozenset[str]) -> str:
    if fault.pointer is not None:
        return "/".join(_word(part, words) for part in fault.pointer.split("/"))
    if fault.parameter is not None:
        return f"?{_NAME.sub(lambda name: _word(name[0], words), fault.parameter)}"
    return f"{fault.header}:"


def _word(word: str, words: frozenset[str]) -> str:
    is_index = word.isascii() and word.isdigit() and len(word) <= _INDEX_DIGITS_AT_MOST
    return word if not word or is_index or word in words else "*"
