"""An upstream as a handler sees it: typed values in, typed values out, on behalf of the request being answered."""

from typing import TypeVar, Unpack

from server.upstreams.outgoing import Sending
from server.upstreams.upstream_client import UpstreamClient
from telemetry.context import RequestContext

T = TypeVar("T")


class UpstreamCalls:
    """Calls one upstream: `await upstream(request, payments).post("/charges", json=charge, expects=Receipt)`.

    `expects` is what the answer's JSON is read as: a model, `list[Model]`, `dict[str, int]`, …; `bytes` is the body as
    it is, `Answer` the status, the headers and the body. What else a call may say is in Sending.

    Each raises what the API answers, and a handler may let it pass: UpstreamRefused (a 4xx or a redirection; look at
    its `status` and `body`), UpstreamFailed (a 5xx), BadGateway (nonsense, or too much of it), Unavailable (not
    reached, 502 to 504, or left alone by its breaker), Overloaded (429, or no room for the call here), Elapsed (no
    answer in time) and, for a write that is never repeated, OutcomeUnknown: it was sent and no answer came back.
    """

    __slots__ = ("_client", "_context")

    def __init__(self, client: UpstreamClient, context: RequestContext) -> None:
        self._client = client
        self._context = context

    async def get(self, path: str, *, expects: type[T], **sending: Unpack[Sending]) -> T:
        """Read something; repeated where that may help."""
        return await self.call("GET", path, expects=expects, **sending)

    async def post(self, path: str, *, expects: type[T], **sending: Unpack[Sending]) -> T:
        """Make or do something; repeated only with an `idempotency_key`."""
        return await self.call("POST", path, expects=expects, **sending)

    async def put(self, path: str, *, expects: type[T], **sending: Unpack[Sending]) -> T:
        """Set something; repeated where that may help."""
        return await self.call("PUT", path, expects=expects, **sending)

    async def patch(self, path: str, *, expects: type[T], **sending: Unpack[Sending]) -> T:
        """Change something; repeated only with an `idempotency_key`."""
        return await self.call("PATCH", path, expects=expects, **sending)

    async def delete(self, path: str, *, expects: type[T], **sending: Unpack[Sending]) -> T:
        """Remove something; repeated where that may help."""
        return await self.call("DELETE", path, expects=expects, **sending)

    async def call(self, method: str, path: str, *, expects: type[T], **sending: Unpack[Sending]) -> T:
        """Make a call with any other method, such as HEAD."""
        return await self._client.call(method, path, context=self._context, expects=expects, sending=sending)
