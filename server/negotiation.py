"""What a request may send and accept: JSON in, JSON out, bounded, unpacked."""

from collections.abc import Sequence

from aiohttp import hdrs, web

from middleware.errors import Fault, NotAcceptable, TooLarge, UnsupportedMediaType

JSON_TYPES = ("application/json",)
PATCH_TYPES = ("application/merge-patch+json", "application/json")
_ACCEPTED = frozenset({"application/json", "application/*", "*/*"})


def require_acceptable(request: web.Request) -> None:
    """Raise NotAcceptable where the Accept header rules out application/json."""
    accept = request.headers.get(hdrs.ACCEPT)
    if not accept or accept == "*/*":
        return
    ranges = (one.partition(";") for one in accept.lower().split(","))
    if not any(name.strip() in _ACCEPTED and not _refused(parameters) for name, _, parameters in ranges):
        raise NotAcceptable


async def read_body(request: web.Request, media_types: Sequence[str], *, maximum_bytes: int) -> bytes:
    """The raw body; raises UnsupportedMediaType for another type, charset or a packed one, TooLarge above the limit."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
    if request.content_type not in media_types or hdrs.CONTENT_TYPE not in request.headers:
        raise UnsupportedMediaType(
            f"Send the body as {' or '.join(media_types)}.",
            headers={"Accept-Patch" if media_types is PATCH_TYPES else "Accept-Post": ", ".join(media_types)},
        )
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("JSON is UTF-8.")
    if (request.content_length or 0) > maximum_bytes:
        raise too_large(maximum_bytes)
    return await request.read()


def too_large(maximum_bytes: int) -> TooLarge:
    """The body is above the limit."""
    detail = f"a body has at most {maximum_bytes} bytes"
    return TooLarge(
        f"A body has at most {maximum_bytes} bytes.", faults=[Fault(code="too_large", detail=detail, pointer="")]
    )


def _refused(parameters: str) -> bool:
    """Whether a media range bears `q=0`."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return not value.strip().strip("0.")
    return False
