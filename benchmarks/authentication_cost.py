"""What finding out who calls costs a request, in µs of CPU: a remembered key, a remembered token, and neither.

Run it with `python -m benchmarks.authentication_cost`; figures are medians of several rounds of one process. The layers
`authenticate` and `authorize` are called as for a request, their events read by metrics and logs as in a service.
"""

import asyncio
import os
import statistics
import time
import warnings
from collections.abc import Sequence

import orjson
from aiohttp import web
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

from middleware.inbound.authenticate import Authentication, Authenticator, authenticate
from middleware.inbound.authorize import authorize
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.request_plan import Check, place_of
from server.identity.access import SIGNED_IN, role
from server.identity.api_keys import ApiKeys
from server.identity.credentials import Credentials
from server.identity.decisions import decide_by
from server.identity.key_set import read_key_set
from server.identity.key_sources import FixedKeys
from server.identity.key_text import new_key
from server.identity.key_uses import KeyUses
from server.identity.revocation_watch import RevocationWatch
from server.identity.token_claims import ClaimReader
from server.identity.token_reader import TokenPolicy, TokenReader
from server.identity.verified import Verified
from server.identity.web_tokens import WebTokens
from server.service import Service
from storage.credentials.stored_key import StoredKey
from telemetry.dependency_health import DependencyHealth
from telemetry.deployment import Deployment
from telemetry.events import DependencyCalled
from telemetry.kept_traces import KeptTraces
from telemetry.log_format import json_lines
from telemetry.log_sink import Sink
from telemetry.logs import Logs
from telemetry.metrics import Metrics
from telemetry.observers import Observers, Only
from telemetry.recorder import Recorder
from tests.exchanges import exchange_of
from tests.stored_keys import stored_key

CALLS = 20_000
ROUNDS = 9
VERIFICATIONS = 500

Made = tuple[str, RSAKey | ECKey | OKPKey]


class OneKey:
    """A table of one key, and a stamp that never changes."""

    def __init__(self) -> None:
        self.key = new_key()

    async def find(self, _digest: bytes) -> StoredKey:
        return stored_key(self.key.name.id)

    async def mark_used(self, key_ids: object) -> None:
        """Nowhere."""

    async def read(self) -> bytes:
        return b""

    async def change(self) -> None:
        """Never."""


def observers(sink: Sink) -> Observers:
    logs = Logs(json_lines(Deployment(service="bench", version="1", environment="bench")), sink)
    metrics = Metrics(Deployment(service="bench", version="1", environment="test"))
    return Observers([metrics, logs, Recorder(), KeptTraces(), Only(DependencyCalled, DependencyHealth())])


def token_of(algorithm: str, key: RSAKey | ECKey | OKPKey) -> str:
    now = int(time.time())
    claims = {"iss": "i", "aud": "a", "sub": "ada", "iat": now, "exp": now + 3_600, "roles": ["staff"]}
    header = {"alg": algorithm, "kid": key.kid}
    return jws.serialize_compact(header, orjson.dumps(claims), key, algorithms=[algorithm])


def tokens_for(key: RSAKey | ECKey | OKPKey, *, algorithm: str) -> WebTokens:
    keys = read_key_set(orjson.dumps({"keys": [key.as_dict(private=False)]}))
    reader = TokenReader(TokenPolicy(issuer="i", audience="a", algorithms=(algorithm,)))
    return WebTokens(reader, ClaimReader(Service(name="bench")), keys=FixedKeys(keys), verified=Verified())


def layers(authenticator: Authenticator, observe: Observers) -> Sequence[Check]:
    """The two layers, which let everybody in who may be somebody."""
    decide = decide_by(SIGNED_IN | role("staff"), area="things", writes=False)
    admit = decide_by(None, area="things", writes=False)

    async def read_input(_request: web.Request) -> None:
        return None

    endpoint = Endpoint(
        template="/things",
        operation="things.list",
        decide=lambda principal: "admitted" if principal is None and admit(None) else decide(principal),
        read_input=read_input,
    )
    place = place_of("GET", endpoint)
    found = (authenticate(Authentication(authenticator), observe, realm="bench"), authorize(observe, realm="bench"))
    return [check for layer in found if (check := layer(place)) is not None]


async def cpu_micros(checks: Sequence[Check], credential: str) -> float:
    """CPU time of one request's way through the layers."""
    headers = (f"Authorization: Bearer {credential}",) if credential else ()
    exchange = exchange_of("/things", "GET", *headers)
    started = time.process_time()
    for _ in range(CALLS):
        for check in checks:
            check(exchange)
    return (time.process_time() - started) / CALLS * 1e6


async def compare() -> None:
    """Print what each kind of credential costs over none; rounds alternate, so that noise hits every row alike."""
    one, key = OneKey(), ECKey.generate_key("P-256", {"kid": "k"})

    async def ignore() -> None:
        """Nothing is revoked here."""

    watch = RevocationWatch(one, on_change=ignore)
    api_keys = ApiKeys(one, verified=Verified(), watch=watch, uses=KeyUses(one), limit_factor=lambda _roles: 1.0)
    tokens = tokens_for(key, algorithm="ES256")
    both = Credentials(api_keys, tokens)
    credentials = {"no credential": "", "remembered key": one.key.text, "remembered token": token_of("ES256", key)}
    for credential in filter(None, credentials.values()):
        await both.verify(credential)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    sink = Sink(nowhere)
    checks = layers(both, observers(sink))
    seen: dict[str, list[float]] = {name: [] for name in credentials}
    for _ in range(ROUNDS):
        for name, credential in credentials.items():
            seen[name].append(await cpu_micros(checks, credential))
    medians = {name: statistics.median(found) for name, found in seen.items()}
    print(f"{'µs a request':<28}{'layers':>10}{'over none':>12}")
    for name, micros in medians.items():
        print(f"{name:<28}{micros:10.2f}{micros - medians['no credential']:12.2f}")
    sink.close()
    os.close(nowhere)


async def verifications() -> None:
    """Print what a token costs that nobody remembers: the time for which the event loop is held up."""
    kinds: list[Made] = [
        ("RS256", RSAKey.generate_key(2048, {"kid": "k"})),
        ("RS256", RSAKey.generate_key(4096, {"kid": "k"})),
        ("PS256", RSAKey.generate_key(2048, {"kid": "k"})),
        ("ES256", ECKey.generate_key("P-256", {"kid": "k"})),
        ("EdDSA", OKPKey.generate_key("Ed25519", {"kid": "k"})),
    ]
    print(f"\n{'µs a new token':<28}{'median':>10}{'longest':>12}")
    for algorithm, key in kinds:
        token, tokens, took = token_of(algorithm, key), tokens_for(key, algorithm=algorithm), []
        for _ in range(VERIFICATIONS):
            started = time.perf_counter()
            await tokens.verify(token)
            took.append((time.perf_counter() - started) * 1e6)
        bits = f" {key.public_key.key_size}" if isinstance(key, RSAKey) else ""
        print(f"{algorithm + bits:<28}{statistics.median(took):10.1f}{max(took):12.1f}")


async def main() -> None:
    """What is remembered, then what is not."""
    await compare()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # of EdDSA's old name, under which it is signed here
        await verifications()


if __name__ == "__main__":
    asyncio.run(main())
