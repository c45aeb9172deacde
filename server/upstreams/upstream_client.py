"""The way to one upstream: its session, its connections, and the outbound stack around each call."""

from functools import partial
from typing import TypeVar

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, ThreadedResolver, hdrs

from middleware.errors import OutcomeUnknown
from middleware.outbound import outbound
from middleware.outbound.attempt_timeout import CutShort, NoAnswer
from middleware.outbound.layer import Call, Senses
from server.service import Upstream
from server.upstreams.answer import Expectations
from server.upstreams.client_layers import Mark, Take, through
from server.upstreams.destination import Destination
from server.upstreams.outgoing import Outgoing, Sending, outgoing
from telemetry.context import RequestContext

T = TypeVar("T")


class UpstreamClient:
    """Makes calls; connects when first used. There is one of it for each upstream, made inside the event loop.

    Nothing of one call reaches another: no cookies are kept. Nothing leads a call elsewhere: redirections are not
    followed, and proxies named by the environment are not used.
    """

    def __init__(self, upstream: Upstream, destination: Destination, *, senses: Senses) -> None:
        self.name = upstream.name
        self._policy = policy = upstream.policy
        self._base_url = destination.base_url
        self._observe = senses.observe
        self._reads = outbound(policy.for_reads(upstream.name), senses=senses)
        self._repeatable_writes = outbound(policy.for_repeatable_writes(upstream.name), senses=senses)
        self._single_writes = outbound(policy.for_single_writes(upstream.name), senses=senses)
        self._expectations = Expectations()
        self._session = _session(upstream, destination)

    async def call(self, method: str, path: str, *, context: RequestContext, expects: type[T], sending: Sending) -> T:
        """Make one call for a request, its repeats included; see UpstreamCalls for what it raises."""
        sent = outgoing(method, self._base_url, path=path, sending=sending)
        take: Take[T] = Take(partial(self._expectations.met, expects), self._policy, is_repeatable=sent.is_repeatable)
        layers = (
            through(self._way(sent), "read" if sent.is_read else "write"),
            Mark(
                name=self.name,
                context=context,
                attempt_seconds=self._policy.attempt_timeout_seconds,
                observe=self._observe,
            ),
            take,
        )
        try:
            async with self._session.request(
                sent.method,
                sent.url,
                data=sent.body,
                headers=sent.headers,
                allow_redirects=False,
                middlewares=layers,
            ):
                return take.taken
        except (NoAnswer, CutShort) as late:
            if sent.is_repeatable:
                raise
            raise OutcomeUnknown from late  # it was on its way, and nobody can tell how far it came

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    def _way(self, sent: Outgoing) -> Call:
        if sent.is_read:
            return self._reads
        return self._repeatable_writes if sent.is_repeatable else self._single_writes


def _session(upstream: Upstream, destination: Destination) -> ClientSession:
    """Names are looked up by the system's own resolver in a thread: a lookup never holds up the event loop."""
    policy = upstream.policy
    headers = {hdrs.ACCEPT: "application/json", hdrs.ACCEPT_ENCODING: "identity", hdrs.USER_AGENT: "mainstay"}
    if destination.authorization:
        headers[hdrs.AUTHORIZATION] = destination.authorization
    return ClientSession(
        connector=TCPConnector(
            limit=policy.connections, keepalive_timeout=policy.keepalive_seconds, resolver=ThreadedResolver()
        ),
        headers=headers,
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None, connect=policy.connect_timeout_seconds),
        auto_decompress=False,
        trust_env=False,
    )
