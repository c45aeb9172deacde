"""The real process speaks TLS itself, and nothing else on that port, whoever calls and however."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.service_process import ServiceProcess, mainstay, service
from tests.integration.certificates import Files, lock, made

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart/service.py"
PATIENCE_SECONDS = 30.0
TWO_YEARS = "max-age=63072000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """A service that speaks TLS, and the files of its certificate."""

    running: ServiceProcess
    files: Files

    @property
    def port(self) -> int:
        """The API's."""
        return int(self.running.base_url.rpartition(":")[2])

    async def ask(self, url: str) -> tuple[int, str | None]:
        """A request over a connection of its own: the status, and what is said of coming back without TLS."""
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.files.trust)) as client,
            client.get(url) as answer,
        ):
            return answer.status, answer.headers.get("Strict-Transport-Security")

    async def count(self, name: str) -> float:
        """A number of the admin port's."""
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.files.trust)) as client,
            client.get(f"{self.running.admin_url}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    async def until_counted(self, name: str, at_least: float) -> None:
        """Wait for that number."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.count(name) < at_least:  # noqa: ASYNC110 - another process's number
                await asyncio.sleep(0.05)


TURNED_AWAY = 'http_server_requests_rejected_total{reason="tls_handshake"}'


@pytest.fixture(scope="module")
async def secured(fast_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Secured]:
    files = made(tmp_path_factory.mktemp("tls"))
    async with service(QUICKSTART, fast_folder / "tls", **files.settings) as running:
        yield Secured(running=running, files=files)


async def test_both_ports_speak_tls_and_ask_browsers_to_keep_to_it(secured: Secured) -> None:
    answers = [
        await secured.ask(f"{secured.running.base_url}/products"),
        await secured.ask(f"{secured.running.base_url}/docs"),
        await secured.ask(f"{secured.running.base_url}/nowhere"),
        await secured.ask(f"{secured.running.admin_url}/readyz"),
    ]

    assert secured.running.base_url.startswith("https://")
    assert answers == [(200, TWO_YEARS), (200, TWO_YEARS), (404, TWO_YEARS), (200, TWO_YEARS)]


def speaking(secured: Secured, version: ssl.TLSVersion, ciphers: str = "DEFAULT:@SECLEVEL=0") -> ssl.SSLContext:
    context = secured.files.trust
    context.set_ciphers(ciphers)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    return context


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1_3, "DEFAULT"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
async def test_what_is_safe_is_spoken(secured: Secured, version: ssl.TLSVersion, ciphers: str) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", secured.port, ssl=speaking(secured, version, ciphers))
    spoken = writer.get_extra_info("ssl_object")
    protocol, session = spoken.version(), spoken.session
    writer.close()

    assert protocol == version.name.replace("_", ".")
    assert session is None or not session.has_ticket


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1, "DEFAULT:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_1, "DEFAULT:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-SHA384"),
        (ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256"),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
async def test_what_is_not_safe_is_not(secured: Secured, version: ssl.TLSVersion, ciphers: str) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", secured.port, ssl=speaking(secured, version, ciphers))


async def sent(port: int, data: bytes) -> bytes:
    """What comes back for bytes over plain TCP, until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    received = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            received = await reader.read()
    writer.close()
    return received


NO_TLS = {
    "plain HTTP": b"GET /products HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "garbage": bytes(range(256)) * 8,
    "a broken hello": b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\xff",
    "a record that is too long": b"\x16\x03\x01\xff\xff" + b"\0" * 70_000,
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
}


@pytest.mark.parametrize("data", NO_TLS.values(), ids=NO_TLS)
async def test_what_is_no_tls_is_closed_counted_and_no_error_of_ours(secured: Secured, data: bytes) -> None:
    before = await secured.count(TURNED_AWAY)

    received = await sent(secured.port, data)

    assert b"HTTP/" not in received
    await secured.until_counted(TURNED_AWAY, before + 1)
    assert (await secured.ask(f"{secured.running.base_url}/products"))[0] == 200
    complaints = [line for line in secured.running.log.read_text().splitlines() if '"ERROR"' in line or "Trace" in line]
    assert complaints == []


@asynccontextmanager
async def hanging(port: int, starts: Sequence[bytes]) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Connections that say so much and no more, and do not end by themselves."""
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in starts]
    for (_, writer), start in zip(streams, starts, strict=True):
        writer.write(start)
    yield [reader for reader, _ in streams]
    for _, writer in streams:
        writer.close()


async def test_callers_who_never_finish_their_handshake_hold_nobody_up_and_are_closed(secured: Secured) -> None:
    before = await secured.count(TURNED_AWAY)
    starts = [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"] * 50
    async with hanging(secured.port, starts) as readers:
        meanwhile = await secured.ask(f"{secured.running.base_url}/products")
        turned_away_meanwhile = await secured.count(TURNED_AWAY) - before
        async with asyncio.timeout(PATIENCE_SECONDS):
            ends = await asyncio.gather(*(reader.read() for reader in readers), return_exceptions=True)

    assert meanwhile == (200, TWO_YEARS)
    assert turned_away_meanwhile < len(starts)
    assert [end for end in ends if isinstance(end, bytes) and b"HTTP/" in end] == []
    await secured.until_counted(TURNED_AWAY, before + len(starts))


async def shown(port: int) -> bytes:
    """The certificate a new connection is shown."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    assert isinstance(found, bytes)
    return found


def der(files: Files) -> bytes:
    return ssl.PEM_cert_to_DER_cert(files.certificate.read_text())


async def test_a_renewed_certificate_is_used_by_new_connections_without_a_restart(
    data_dir: Path, tmp_path: Path
) -> None:
    files = made(tmp_path)
    async with service(QUICKSTART, data_dir, **files.settings, ADMIN_TLS="false") as running:
        port = int(running.base_url.rpartition(":")[2])
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=files.trust)) as kept:
            async with kept.get(f"{running.base_url}/products") as first:
                await first.read()
            before, wanted = await shown(port), made(tmp_path, "renewed")
            renewed = der(wanted)
            files.replace_with(wanted)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (after := await shown(port)) == before:  # noqa: ASYNC110 - another process's certificate
                    await asyncio.sleep(0.05)
            async with kept.get(f"{running.base_url}/products") as second:
                statuses = (first.status, second.status)
        files.certificate.write_text("no certificate")
        async with aiohttp.ClientSession() as admin, asyncio.timeout(PATIENCE_SECONDS):
            refusals = 0.0
            while not refusals:
                broken = await shown(port)
                async with admin.get(f"{running.admin_url}/metrics") as answer:
                    lines = (await answer.text()).splitlines()
                (refused,) = [one for one in lines if one.startswith('tls_certificate_renewals_total{outcome="error"}')]
                refusals = float(refused.rpartition(" ")[2])

    assert (after, broken, statuses) == (renewed, renewed, (200, 200))


async def test_a_certificate_that_cannot_be_used_is_said_before_anything_starts(data_dir: Path, tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path, "second")
    nothing = str(tmp_path / "nothing.pem")
    form = "in PEM form and without a password"
    empty, both = tmp_path / "empty.pem", "MAINSTAY_TLS_CERT and MAINSTAY_TLS_KEY"
    empty.touch()
    locked = lock(first.key, tmp_path / "locked.key")
    told = {}
    for name, given in {
        "mismatch": {"TLS_CERT": str(first.certificate), "TLS_KEY": str(second.key)},
        "missing": {"TLS_CERT": nothing, "TLS_KEY": str(first.key)},
        "empty": {"TLS_CERT": str(empty), "TLS_KEY": str(first.key)},
        "locked": {"TLS_CERT": str(first.certificate), "TLS_KEY": str(locked)},
        "alone": {"TLS_CERT": str(first.certificate)},
    }.items():
        finished = await mainstay("serve", str(QUICKSTART), data_dir=data_dir, **given)
        told[name] = (finished.code, finished.errors.strip().splitlines()[-1].strip())

    assert told == {
        "mismatch": (1, f"{both}: {second.key} is not the key of the certificate in {first.certificate}."),
        "missing": (1, f"{both}: {nothing} cannot be read: No such file or directory."),
        "empty": (1, f"{both}: {empty} and {first.key} are not a certificate and its key, {form}."),
        "locked": (1, f"{both}: {first.certificate} and {locked} are not a certificate and its key, {form}."),
        "alone": (2, f"{both} are given together"),
    }
    assert not data_dir.exists()
