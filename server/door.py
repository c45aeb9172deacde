"""Where an application listens, and how."""

from dataclasses import dataclass

from middleware.inbound.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where an application listens: `variable` names its port, with a certificate it speaks TLS."""

    host: str
    port: int
    variable: str
    certificate: Certificate | None

    @property
    def url(self) -> str:
        """What callers on this machine ask."""
        scheme = "http" if self.certificate is None else "https"
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - compared, not bound
        return f"{scheme}://[{shown}]:{self.port}" if ":" in shown else f"{scheme}://{shown}:{self.port}"
