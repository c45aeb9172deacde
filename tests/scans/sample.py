"""A request that is answered well, for whoever wants to change something in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MARK = "*"
"""Where sqlmap puts its payloads; where a request bears none, into every parameter and every field of the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is asked of an operation of the OpenAPI document, without who asks."""

    operation: str
    """As the document writes it: `PUT /products/{id}`."""
    target: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.operation.partition(" ")[0]

    @property
    def name(self) -> str:
        """What it is called in a report."""
        return f"{self.method} {self.target}"

    @property
    def is_marked(self) -> bool:
        """Whether it says itself where payloads go."""
        return any(MARK in text for text in (self.target, *self.headers.values()))

    def text(self, *, host: str, credential: str) -> str:
        """The request as it is sent."""
        kind = "application/merge-patch+json" if self.method == "PATCH" else "application/json"
        fields = {
            "Host": host,
            **({"Authorization": f"Bearer {credential}"} if credential else {}),
            **({"Content-Type": kind, "Content-Length": len(self.body)} if self.body else {}),
            **self.headers,
        }
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join(lines) + "\r\n\r\n" + self.body.decode()
