"""What a request may send and accept: JSON in, JSON out, bounded, unpacked."""

from collections.abc import Iterable, Iterator, Sequence

from aiohttp import hdrs, web

from middleware.errors import Fault, NotAcceptable, TooLarge, UnsupportedMediaType

JSON_TYPES = ("application/json",)
PATCH_TYPES = ("application/merge-patch+json", "application/json")
_RANGES = ("application/json", "application/*", "*/*")
"""The media ranges that speak of JSON, the most specific first: it has the last word (RFC 9110 §12.5.1)."""


def require_acceptable(request: web.Request) -> None:
    """Raise NotAcceptable where the Accept header rules out application/json."""
    accept = request.headers.getall(hdrs.ACCEPT, None)
    if accept is None or accept == ["*/*"] or not "".join(accept).strip():
        return
    accepted = dict(_ranges(accept))
    if not next((accepted[name] for name in _RANGES if name in accepted), False):
        raise NotAcceptable


async def read_body(request: web.Request, media_types: Sequence[str], *, maximum_bytes: int) -> bytes:
    """The raw body; raises UnsupportedMediaType for another type, charset or a packed one, TooLarge above the limit."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise UnsupportedMediaType(
            "Send the body as it is, without a Content-Encoding.",
            faults=[_header_fault(hdrs.CONTENT_ENCODING, "a packed body is not read")],
        )
    if request.content_type not in media_types or hdrs.CONTENT_TYPE not in request.headers:
        sentence = f"Send the body as {' or '.join(media_types)}."
        raise UnsupportedMediaType(
            sentence,
            faults=[_header_fault(hdrs.CONTENT_TYPE, f"this takes {' or '.join(media_types)}")],
            headers={"Accept-Patch" if media_types is PATCH_TYPES else "Accept-Post": ", ".join(media_types)},
        )
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("JSON is UTF-8.", faults=[_header_fault(hdrs.CONTENT_TYPE, "the charset is utf-8")])
    if (request.content_length or 0) > maximum_bytes:
        raise too_large(maximum_bytes)
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:  # a body in chunks, which did not say how long it is
        raise too_large(maximum_bytes) from error


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
