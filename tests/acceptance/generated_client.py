"""Makes a Python client library from an OpenAPI document and imports it."""

import asyncio
import importlib
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

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


@contextmanager
def imported(folder: Path, package: str) -> Iterator[ModuleType]:
    """The package, all of it imported; forgotten again afterwards."""
    sys.path.insert(0, str(folder))
    try:
        for path in sorted((folder / package).rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        yield sys.modules[package]
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            del sys.modules[name]
