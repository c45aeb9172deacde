"""The taxonomy of what can go wrong, and the one table of HTTP statuses.

    Problem                          kind                    status
    ├── Malformed                    malformed               400   the request cannot be read
    ├── Unauthenticated              unauthenticated         401   who calls is not known
    ├── Forbidden                    forbidden               403   who calls may not do this
    ├── NotFound                     not_found               404
    ├── MethodNotAllowed             method_not_allowed      405
    ├── NotAcceptable                not_acceptable          406
    ├── RequestTimeout               request_timeout         408   the body came too slowly
    ├── Conflict                     conflict                409   the stored state forbids it
    │   ├── SerializationFailure     serialization_failure   409   others got in between; nothing was done
    │   └── KeyInFlight              key_in_flight           409   the same request is being worked on
    ├── PreconditionFailed           precondition_failed     412   If-Match named another version
    ├── TooLarge                     too_large               413
    ├── UriTooLong                   uri_too_long            414
    ├── UnsupportedMediaType         unsupported_media_type  415
    ├── Misdirected                  misdirected             421   meant for another host
    ├── Invalid                      invalid                 422   readable, but breaks the declared rules
    ├── KeyReused                    key_reused              422   its key was another request's
    ├── TooManyRequests              rate_limited            429   this caller asks for too much
    ├── HeadersTooLarge              headers_too_large       431   one header field, or how many there are
    ├── Bug                          internal                500
    ├── BadGateway                   bad_gateway             502   an upstream's answer cannot be used
    │   ├── UpstreamFailed           upstream_failed         502   an upstream failed at it, with a 5xx
    │   └── UpstreamRefused          upstream_refused        502   an upstream would not do it, with a 4xx
    ├── Unavailable                  unavailable             503   a dependency cannot be reached
    │   ├── Overloaded               overloaded              503   no room for this call
    │   └── OutcomeUnknown           outcome_unknown         503   the write may or may not have happened
    └── Elapsed                      timeout                 504   the time allowed ran out

An error's docstring is its sentence to a human, `kind` its word to machines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a request, and where: exactly one of pointer, parameter, header is set.

    `pointer` is an RFC 6901 JSON pointer into the body ("" is the whole body), `parameter` the name of a
    query or path parameter, `header` a header's name. `code` is a stable word, `detail` a human sentence.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None


class Problem(Exception):  # noqa: N818 - the taxonomy says what is wrong, not that something is
    """Something went wrong.

    `reason` is a word of a closed set for whoever operates the service; callers are not told it.
    """

    kind: ClassVar[str] = "problem"
    retryable: ClassVar[bool] = False
    leaves_open: ClassVar[bool] = False
    """Whether what was asked for may have been done all the same; then a write is retryable only with a key."""

    def __init__(
        self,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(detail or (type(self).__doc__ or "").split("\n", 1)[0])
        self.detail = str(self)
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.reason = reason


class Malformed(Problem):
    """The request cannot be read."""

    kind = "malformed"


class Unauthenticated(Problem):
    """Say who you are: this takes Authorization: Bearer and a key or a token."""

    kind = "unauthenticated"


class Forbidden(Problem):
    """You may not do this."""

    kind = "forbidden"


class NotFound(Problem):
    """There is nothing here."""

    kind = "not_found"


class MethodNotAllowed(Problem):
    """This address does not offer that method."""

    kind = "method_not_allowed"


class NotAcceptable(Problem):
    """The answer is JSON, which the Accept header rules out."""

    kind = "not_acceptable"


class RequestTimeout(Problem):
    """The request's body took too long to arrive."""

    kind = "request_timeout"
    retryable = True


class Conflict(Problem):
    """The stored state forbids this."""

    kind = "conflict"


class SerializationFailure(Conflict):
    """Others changed the same records at the same time; nothing was done, so try again."""

    kind = "serialization_failure"
    retryable = True


class KeyInFlight(Conflict):
    """A request with this Idempotency-Key is being worked on; ask again for its answer in a moment."""

    kind = "key_in_flight"
    retryable = True


class PreconditionFailed(Problem):
    """The record has changed since the version If-Match names."""

    kind = "precondition_failed"


class TooLarge(Problem):
    """The request is larger than this service accepts."""

    kind = "too_large"


class UriTooLong(Problem):
    """The request's address is longer than this service accepts."""

    kind = "uri_too_long"


class UnsupportedMediaType(Problem):
    """The body must be JSON."""

    kind = "unsupported_media_type"


class Misdirected(Problem):
    """This service does not go by the name this request was sent to."""

    kind = "misdirected"


class Invalid(Problem):
    """The request breaks the declared rules."""

    kind = "invalid"


class KeyReused(Problem):
    """This Idempotency-Key came with another request before; a new request takes a new key."""

    kind = "key_reused"


class TooManyRequests(Problem):
    """You have asked for more than your limit allows; come back later."""

    kind = "rate_limited"
    retryable = True


class HeadersTooLarge(Problem):
    """The request has a header field that is too long, or too many of them."""

    kind = "headers_too_large"


class Bug(Problem):
    """Something went wrong on our side; it has been recorded."""

    kind = "internal"


class BadGateway(Problem):
    """Something this needs gave an answer that cannot be used."""

    kind = "bad_gateway"


class UpstreamFailed(BadGateway):
    """Something this needs failed at its part."""

    kind = "upstream_failed"

    def __init__(self, *, status: int = 500, body: bytes = b"") -> None:
        super().__init__()
        self.status = status
        self.body = body


class UpstreamRefused(BadGateway):
    """Something this needs would not do its part.

    `status` and `body` (its beginning, a few KiB at most) are what the upstream said; a caller sees neither.
    """

    kind = "upstream_refused"

    def __init__(self, *, status: int = 400, body: bytes = b"") -> None:
        super().__init__()
        self.status = status
        self.body = body


class Unavailable(Problem):
    """Something this needs cannot be reached just now."""

    kind = "unavailable"
    retryable = True


class Overloaded(Unavailable):
    """There is no room for this call just now."""

    kind = "overloaded"


class OutcomeUnknown(Unavailable):
    """The connection broke while writing: the change may or may not have been made."""

    kind = "outcome_unknown"
    leaves_open = True


class Elapsed(Problem):
    """The time allowed for this ran out."""

    kind = "timeout"
    leaves_open = True
    retryable = True


STATUS: Mapping[str, int] = {
    "malformed": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "request_timeout": 408,
    "conflict": 409,
    "serialization_failure": 409,
    "key_in_flight": 409,
    "precondition_failed": 412,
    "too_large": 413,
    "uri_too_long": 414,
    "unsupported_media_type": 415,
    "misdirected": 421,
    "invalid": 422,
    "key_reused": 422,
    "rate_limited": 429,
    "headers_too_large": 431,
    "internal": 500,
    "bad_gateway": 502,
    "upstream_failed": 502,
    "upstream_refused": 502,
    "unavailable": 503,
    "overloaded": 503,
    "outcome_unknown": 503,
    "timeout": 504,
}
"""The HTTP status of each kind; nothing else decides one."""

TITLE: Mapping[str, str] = {
    "malformed": "Malformed request",
    "unauthenticated": "Authentication required",
    "forbidden": "Not allowed",
    "not_found": "Not found",
    "method_not_allowed": "Method not allowed",
    "not_acceptable": "Not acceptable",
    "request_timeout": "Request timeout",
    "conflict": "Conflict",
    "serialization_failure": "Concurrent change",
    "key_in_flight": "Request in flight",
    "precondition_failed": "Precondition failed",
    "too_large": "Too large",
    "uri_too_long": "URI too long",
    "unsupported_media_type": "Unsupported media type",
    "misdirected": "Misdirected request",
    "invalid": "Invalid request",
    "key_reused": "Key used twice",
    "rate_limited": "Too many requests",
    "headers_too_large": "Header fields too large",
    "internal": "Internal error",
    "bad_gateway": "Bad gateway",
    "upstream_failed": "Upstream failed",
    "upstream_refused": "Upstream refused",
    "unavailable": "Unavailable",
    "overloaded": "Overloaded",
    "outcome_unknown": "Outcome unknown",
    "timeout": "Timeout",
}
"""The RFC 9457 title of each kind: the same words for every occurrence."""
