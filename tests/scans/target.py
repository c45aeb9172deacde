"""What a scanner is let loose on, and as whom."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.peopled_shop import PeopledShop


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The running shop and one of its callers."""

    shop: PeopledShop
    document: Any
    """Its OpenAPI document."""
    caller: str
    folder: Path
    """For what the scanners need written; gone afterwards."""

    @property
    def base_url(self) -> str:
        return self.shop.running.base_url

    @property
    def credential(self) -> str:
        """Empty for nobody."""
        return self.shop.credentials[self.caller]

    @property
    def header(self) -> tuple[str, ...]:
        """How the scanners' commands are told who calls."""
        return ("-H", f"Authorization: Bearer {self.credential}") if self.credential else ()
