"""What the environment decides: every MAINSTAY_ variable, read at once, all that is wrong reported at once."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.accounts.refresh_tokens import SECRET_CHARACTERS_AT_LEAST
from server.nearest import nearest
from server.otlp_settings import otlp_problems
from server.redis_settings import redis_problems
from server.secret_files import SUFFIX, exposed, exposed_files, read_secret_files
from server.token_settings import token_problems
from storage.redis.url_form import url_fault
from telemetry.events import LogLevel, SecretExposed, SettingUnknown
from telemetry.log_sampling import Sample, sample_of
from telemetry.logs import LogPolicy

PREFIX = "MAINSTAY_"
_SERVICE_LINK = re.compile(r"MAINSTAY_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))(_\w+)?")
"""What Kubernetes sets for containers beside a service called mainstay."""
Port = Annotated[int, Field(ge=0, le=65_535)]


def _networks(value: object) -> object:
    return [ip_network(one.strip()) for one in value.split(",") if one.strip()] if isinstance(value, str) else value


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]


def _words(value: object) -> object:
    return tuple(one.strip() for one in value.split(",") if one.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


_HOST_NAME = re.compile(r"\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def _host_names(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = tuple(one.strip().lower().removesuffix(".") for one in value.split(",") if one.strip())
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a host; write api.example.com,*.example.com: no scheme, no port")
    return names


HostNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_host_names)]


def _sample(value: object) -> object:
    return sample_of(value) if isinstance(value, str) else value


LogSample = Annotated[Sample, NoDecode, BeforeValidator(_sample)]


class Settings(BaseSettings):
    """The settings of one process; `MAINSTAY_PORT` sets `port`, and so on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", min_length=1, description="where the API listens; 0.0.0.0 for every interface")
    port: Port = Field(8080, description="the API's port; 0 takes a free one")
    allowed_hosts: HostNames = Field(
        (), description="the names the service goes by, besides addresses and localhost: api.example.com,*.example.com"
    )
    admin_host: str = Field("", description="where the admin port listens; as `host` unless set")
    admin_port: Port = Field(8081, description="the port of probes and metrics; 0 takes a free one")
    agent_port: int | None = Field(
        None, ge=1, le=65_535, description="where HAProxy asks for the load, its agent check; nowhere unless set"
    )
    admin_token: SecretStr = Field(
        SecretStr(""), description="what changing anything on the admin port takes; from this machine alone unless set"
    )
    data_dir: Path = Field(Path(".mainstay"), description="where the embedded servers keep their data")
    postgres_dsn: SecretStr = Field(SecretStr(""), description="your Postgres (15 or newer); embedded unless set")
    migration_dsn: SecretStr = Field(
        SecretStr(""), description="the same Postgres for the role that migrates, where the one that serves may not"
    )
    redis_url: SecretStr = Field(
        SecretStr(""), description="your Redis (6.2 or newer) or Valkey, its Sentinels or cluster; embedded unless set"
    )
    redis_ca: Path | None = Field(None, description="a PEM file with who signs the certificate of a rediss:// Redis")
    redis_cert: Path | None = Field(None, description="a PEM file with the certificate to show it, where it asks")
    redis_key: Path | None = Field(None, description="a PEM file with that certificate's key")
    encryption_keys: SecretStr = Field(
        SecretStr(""), description="the keys of Encrypted() fields, the newest first: name:base64,name:base64"
    )
    jwks_url: str = Field("", description="where the keys are that tokens (JWT) are signed with; no tokens unless set")
    jwt_key_file: Path | None = Field(None, description="the same as a file: a PEM, a JWK or a JWK set")
    jwt_issuer: str = Field("", description="whose tokens are taken: their `iss`")
    jwt_audience: str = Field("", description="for whom they must have been made: in their `aud`")
    jwt_algorithms: Words = Field(("RS256", "PS256", "ES256", "EdDSA", "Ed25519"), description="how they may be signed")
    accounts_secret: SecretStr = Field(
        SecretStr(""), description="what the tokens of accounts follow from, the same for all replicas; 32 characters"
    )
    migrate: Literal["safe", "wait", "never", ""] = Field(
        "",
        description="apply the safe part of a migration at start, or wait for who does; safe if embedded, else never",
    )
    environment: str = Field(
        "", pattern=r"^[A-Za-z0-9._-]{0,64}$", description="where this is deployed: production, staging, …"
    )
    log_level: LogLevel = Field("info", description="what is worth a line")
    log_sample: LogSample = Field(
        Sample(lines_a_second=200.0),
        description="healthy requests with a line: so many a second (200/s), or a part (0.1)",
    )
    log_slow_seconds: float = Field(1.0, gt=0, le=3_600, description="from when on a request is slow")
    sentry_dsn: SecretStr = Field(SecretStr(""), description="the DSN of the Sentry that bugs are reported to")
    otlp_endpoint: str = Field("", description="the collector that traces are sent to: http://collector:4318")
    otlp_headers: SecretStr = Field(SecretStr(""), description="what it is sent besides: name=value,name=value")
    trace_sample: float = Field(
        0.1, ge=0, le=1, description="the part of the traces beginning here that is sent to the collector"
    )
    pool_connections: int = Field(10, ge=1, le=1_000, description="how many connections to Postgres at most")
    postgres_reads: Literal["primary", "replica"] = Field(
        "primary", description="who answers reads that are not cached: replicas too, where the DSN has several hosts"
    )
    replica_lag_seconds: float = Field(2.0, ge=1, le=3_600, description="how old what a replica shows may be")
    replica_stale_seconds: float = Field(
        0.0, ge=0, le=3_600, description="... and while the primary does not answer; no older than usual unless set"
    )
    body_bytes: int = Field(1_048_576, ge=1_024, le=2**30, description="the largest body a request may have")
    request_seconds: float = Field(15.0, gt=0, le=3_600, description="how long a request may take")
    idempotency_hours: float = Field(24.0, gt=0, le=8_760, description="how long a request's repeat is known as one")
    connections: int = Field(10_000, ge=1, le=1_000_000, description="how many connections of callers at most")
    tls_cert: Path | None = Field(None, description="a PEM file with the certificate: with it, both ports speak TLS")
    tls_key: Path | None = Field(None, description="a PEM file with the certificate's key")
    admin_tls: bool = Field(default=True, description="whether the admin port speaks TLS where the API does")
    trusted_proxies: Networks = Field((), description="networks whose X-Forwarded-For is believed: 10.0.0.0/8,fd00::/8")
    workers: int | None = Field(
        None, ge=1, le=64, description="how many processes serve, under a supervisor; unless set, one without"
    )
    replicas: int = Field(1, ge=1, le=10_000, description="how many of these share the load, for limits without Redis")
    priming_seconds: float = Field(
        0.5, ge=0, le=600, description="how long a start may prepare what callers usually ask, before they do"
    )
    drain_delay_seconds: float = Field(
        0.0, ge=0, le=3_600, description="how long connections are taken when stopping: until balancers have noticed"
    )
    drain_seconds: float = Field(10.0, ge=0, le=3_600, description="how long requests may finish when stopping")

    @field_validator("postgres_dsn", "migration_dsn")
    @classmethod
    def _is_dsn(cls, value: SecretStr) -> SecretStr:
        from storage.postgres.dsn_form import dsn_fault  # noqa: PLC0415 - the driver, which `check` has no use for

        return _without(dsn_fault(value.get_secret_value()), value)

    @field_validator("redis_url")
    @classmethod
    def _is_redis_url(cls, value: SecretStr) -> SecretStr:
        return _without(url_fault(value.get_secret_value()) if value else "", value)

    @field_validator("accounts_secret", "admin_token")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        is_short = 0 < len(value.get_secret_value()) < SECRET_CHARACTERS_AT_LEAST
        advice = f"has at least {SECRET_CHARACTERS_AT_LEAST} characters; make one with `openssl rand -base64 32`"
        return _without(advice if is_short else "", value)

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError(f"{PREFIX}TLS_CERT and {PREFIX}TLS_KEY are given together")
        return self

    @model_validator(mode="after")
    def _replicas_are_named(self) -> Self:
        if self.postgres_reads == "replica" and not self.replica_pools:
            raise ValueError(f"{PREFIX}POSTGRES_READS is replica, and {PREFIX}POSTGRES_DSN names no second host")
        return self

    @property
    def replica_pools(self) -> Sequence[str]:
        """What the connections for reading from each host of the address are called; none where they are not wanted."""
        if self.postgres_reads == "primary" or self.is_embedded:
            return ()
        from storage.postgres.hosts import hosts_of  # noqa: PLC0415 - the driver, which `check` has no use for

        hosts = hosts_of(self.postgres_dsn.get_secret_value())
        return [f"postgres_{place}" for place in range(1, len(hosts) + 1)] if len(hosts) > 1 else ()

    @property
    def is_embedded(self) -> bool:
        """Whether Mainstay starts its own Postgres."""
        return not self.postgres_dsn.get_secret_value()

    @property
    def deployed_to(self) -> str:
        """The environment's name: as told, or what is likely."""
        return self.environment or ("development" if self.is_embedded else "production")

    @property
    def log_policy(self) -> LogPolicy:
        """What is logged."""
        return LogPolicy(level=self.log_level, sample=self.log_sample, slow_seconds=self.log_slow_seconds)

    @property
    def migrating_dsn(self) -> str:
        """Where migrations and loads go; empty for the embedded Postgres."""
        return self.migration_dsn.get_secret_value() or self.postgres_dsn.get_secret_value()

    @property
    def takes_tokens(self) -> bool:
        """Whether there are keys to verify tokens with."""
        return bool(self.jwks_url) or self.jwt_key_file is not None

    @property
    def migrates(self) -> bool:
        """Whether the safe part of a migration is applied at start."""
        return self.migrate == "safe" or (not self.migrate and self.is_embedded)


class SettingsWrong(Exception):  # noqa: N818 - it says what is wrong
    """Some settings cannot be used."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


SECRETS: Mapping[str, str] = {
    f"{PREFIX}{name.upper()}": name for name, field in Settings.model_fields.items() if field.annotation is SecretStr
}
"""The settings that are secrets, by their variables: each may lie in a file."""


def read_settings(*, also_wrong: Sequence[str] = ()) -> Settings:
    """Read the environment; raises SettingsWrong with a sentence for each variable that is wrong or unknown.

    `also_wrong` are the sentences of whoever has read variables without our prefix, told along with ours.
    """
    found = read_secret_files(os.environ, SECRETS)
    given: dict[str, Any] = {SECRETS[variable]: secret for variable, secret in found.values.items()}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems = [
            ": ".join(filter(None, (_variable(one["loc"]), one["msg"].removeprefix("Value error, "))))
            for one in error.errors(include_url=False, include_input=False)
        ]
        unknown = map(sentence_of, unknown_settings(os.environ))
        raise SettingsWrong([*found.problems, *problems, *also_wrong, *unknown]) from error
    together = [
        f"{PREFIX}{problem}"
        for problem in (*token_problems(settings), *otlp_problems(settings), *redis_problems(settings))
    ]
    if found.problems or together or also_wrong:
        raise SettingsWrong([*found.problems, *together, *also_wrong])
    return settings


def exposed_secrets(settings: Settings, environment: Mapping[str, str]) -> Iterator[SecretExposed]:
    """Tell of each file with a secret that every account of this machine may read."""
    yield from exposed_files(environment, SECRETS)
    if settings.tls_key is not None:
        yield from exposed(settings.tls_key, variable=f"{PREFIX}TLS_KEY")


def unknown_settings(environment: Mapping[str, str]) -> Iterator[SettingUnknown]:
    """Every variable with our prefix that sets nothing, with the setting it was perhaps meant to be."""
    known = [name.upper() for name in Settings.model_fields]
    files = {f"{variable}{SUFFIX}" for variable in SECRETS}
    for variable in sorted(environment):
        name = variable.removeprefix(PREFIX)
        is_link = _SERVICE_LINK.fullmatch(variable) is not None
        if variable.startswith(PREFIX) and name not in known and variable not in files and not is_link:
            near = nearest(name, known)
            yield SettingUnknown(variable=variable, meant=f"{PREFIX}{near}" if near else "")


def sentence_of(unknown: SettingUnknown) -> str:
    """What is told of a variable that sets nothing."""
    meant = f"; did you mean {unknown.meant}?" if unknown.meant else ""
    return f"{unknown.variable}: there is no such setting{meant}"


def _without(fault: str, value: SecretStr) -> SecretStr:
    """The value, if it is without this fault."""
    if fault:
        raise ValueError(fault)
    return value


def _variable(place: tuple[int | str, ...]) -> str:
    """The variable a mistake is in; empty for one that lies between several, and names them itself."""
    return f"{PREFIX}{'_'.join(map(str, place)).upper()}" if place else ""
