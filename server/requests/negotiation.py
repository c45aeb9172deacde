"""What a request may send and accept: JSON in, JSON out, bounded, unpacked."""

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

from aiohttp import hdrs, web

from middleware.errors import Fault, NotAcceptable, TooLarge, UnsupportedMediaType
from middleware.inbound.body_at_hand import body_at_hand

JSON_TYPES = ("application/json",)
PATCH_TYPES = ("application/merge-patch+json", "application/json")
T = TypeVar("T")

OrLater: TypeAlias = T | Coroutine[Any, Any, T]
"""What a request brings, or a coroutine that gives it once the body has come."""

_RANGES = ("application/json", "application/*", "*/*")
"""The media ranges that speak of JSON, the most specific first: it has the last word (RFC 9110 §12.5.1)."""


def require_acceptable(request: web.Request) -> None:
    """Raise NotAcceptable where the Accept header rules out application/json."""
    accept = request._headers.getall(hdrs.ACCEPT, None)  # noqa: SLF001 - the property of it costs more than looking
    if accept is None or accept == ["*/*"] or not "".join(accept).strip():
        return
    accepted = dict(_ranges(accept))
    if not next((accepted[name] for name in _RANGES if name in accepted), False):
        raise NotAcceptable


def of_body(
    request: web.Request, media_types: Sequence[str], *, maximum_bytes: int, read: Callable[[bytes], T]
) -> OrLater[T]:
    """What `read` makes of the raw body: at once where all of it has come, else a coroutine that waits for it.

    Raises UnsupportedMediaType for another type, charset or a packed one, TooLarge above the limit.
    """
    _require_readable(request, media_types)
    raw = body_at_hand(request)
    if raw is None:
        return _of_body_to_come(request, maximum_bytes, read=read)
    if len(raw) > maximum_bytes:
        raise too_large(maximum_bytes)
    return read(raw)


async def _of_body_to_come(request: web.Request, maximum_bytes: int, *, read: Callable[[bytes], T]) -> T:
    if (request.content_length or 0) > maximum_bytes:
        raise too_large(maximum_bytes)
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:  # a body in chunks, which did not say how long it is
        raise too_large(maximum_bytes) from error
    return read(raw)


def _require_readable(request: web.Request, media_types: Sequence[str]) -> None:
    headers = request.headers
    if headers.get(hdrs.CONTENT_TYPE) in media_types and hdrs.CONTENT_ENCODING not in headers:
        return  # what nearly all say
    if headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise UnsupportedMediaType(
            "Send the body as it is, without a Content-Encoding.",
            faults=[_header_fault(hdrs.CONTENT_ENCODING, "a packed body is not read")],
        )
    if request.content_type not in media_types or hdrs.CONTENT_TYPE not in headers:
        sentence = f"Send the body as {' or '.join(media_types)}."
        raise UnsupportedMediaType(
            sentence,
            faults=[_header_fault(hdrs.CONTENT_TYPE, f"this takes {' or '.join(media_types)}")],
            headers={"Accept-Patch" if media_types is PATCH_TYPES else "Accept-Post": ", ".join(media_types)},
        )
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("JSON is UTF-8.", faults=[_header_fault(hdrs.CONTENT_TYPE, "the charset is utf-8")])


def too_large(maximum_bytes: int) -> TooLarge:
    """The body is above the limit."""
    detail = f"a body has at most {maximum_bytes:,} bytes"
    return TooLarge(
        f"A body has at most {maximum_bytes:,} bytes.", faults=[Fault(code="too_large", detail=detail, pointer="")]
    )


def _header_fault(name: str, detail: str) -> Fault:
    return Fault(code="unsupported", detail=detail, header=name)


def _ranges(accept: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Each media range and whether it is wanted at all: `q=0` says that it is not."""
    for one in ",".join(accept).lower().split(","):
        name, *parameters = one.split(";")
        yield name.strip(), not any(map(_is_zero_quality, parameters))


def _is_zero_quality(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and not value.strip().strip("0.")
