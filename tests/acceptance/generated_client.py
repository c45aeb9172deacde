"""Makes a Python client library from an OpenAPI document and imports it."""

import asyncio
import importlib
import inspect
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson

from tests.environment import lack

GENERATOR = Path(sys.executable).with_name("openapi-python-client")


async def generate(document: bytes, folder: Path, *, package: str) -> str:
    """Write the client as a package into `folder`; what the generator said, warnings among it."""
    if not GENERATOR.exists():
        lack("this needs openapi-python-client, which is not installed")
    source, settings = folder / "openapi.json", folder / "settings.json"
    source.write_bytes(document)
    settings.write_bytes(orjson.dumps({"post_hooks": []}))
    process = await asyncio.create_subprocess_exec(
        GENERATOR,
        "generate",
        *("--path", source, "--output-path", folder / package, "--meta", "none", "--config", settings),
        stdout=PIPE,
        stderr=STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


class GeneratedClient:
    """A generated package, imported: its operations by their ids, its models by their names."""

    def __init__(self, package: ModuleType, *, without_token: Any, with_token: Any) -> None:
        self._operations = {
            name.rpartition(".")[2]: module
            for name, module in sys.modules.items()
            if name.startswith(f"{package.__name__}.api.") and hasattr(module, "asyncio_detailed")
        }
        self.models = sys.modules[f"{package.__name__}.models"]
        self._without_token, self._with_token = without_token, with_token

    @property
    def operation_ids(self) -> list[str]:
        """Every operation the package has."""
        return sorted(self._operations)

    async def call(self, operation_id: str, **parameters: Any) -> Any:
        """Call an operation: an object with `status_code`, `headers` and the typed `parsed`."""
        call = self._operations[operation_id].asyncio_detailed
        needs_token = inspect.signature(call).parameters["client"].annotation is type(self._with_token)
        return await call(client=self._with_token if needs_token else self._without_token, **parameters)


@asynccontextmanager
async def connected(folder: Path, name: str, *, base_url: str) -> AsyncIterator[GeneratedClient]:
    """The package of this name in `folder`, all of it imported, ready to call the service at `base_url`."""
    with imported(folder, name) as package:
        anonymous = package.Client(base_url=base_url)
        signed_in = package.AuthenticatedClient(base_url=base_url, token="unknown")  # noqa: S106 - nobody has it
        async with anonymous, signed_in:
            yield GeneratedClient(package, without_token=anonymous, with_token=signed_in)


@contextmanager
def imported(folder: Path, name: str) -> Iterator[ModuleType]:
    """Import all of a package in `folder`; it is forgotten again afterwards."""
    sys.path.insert(0, str(folder))
    try:
        for path in sorted((folder / name).rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        yield sys.modules[name]
    finally:
        sys.path.remove(str(folder))
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            del sys.modules[module]
