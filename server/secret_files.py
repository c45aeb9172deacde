"""Secrets that lie in files, as Docker and Kubernetes mount them: MAINSTAY_…_FILE names the file of MAINSTAY_…."""

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from telemetry.events import SecretExposed

SUFFIX = "_FILE"
_BYTES_AT_MOST = 65_536
"""No secret is longer; /dev/zero is."""


class SecretUnreadable(Exception):  # noqa: N818 - it says what is wrong
    """A file holds no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsFound:
    """What the files hold, by variable (without the suffix), and a sentence for each that cannot be used."""

    values: Mapping[str, str]
    problems: tuple[str, ...]


def read_secret_files(environment: Mapping[str, str], variables: Iterable[str]) -> SecretsFound:
    """Read the file of each of these variables that names one; never a word of a secret in what is told."""
    values: dict[str, str] = {}
    problems: list[str] = []
    for variable, path in _named(environment, variables):
        if environment.get(variable):
            problems.append(f"{variable} and {variable}{SUFFIX} are both set: keep one")
            continue
        try:
            values[variable] = _read(path)
        except SecretUnreadable as error:
            problems.append(f"{variable}{SUFFIX}: {path} {error}")
    return SecretsFound(values=values, problems=tuple(problems))


def exposed_files(environment: Mapping[str, str], variables: Iterable[str]) -> Iterator[SecretExposed]:
    """Tell of each file that every account of this machine may read."""
    for variable, path in _named(environment, variables):
        yield from exposed(path, variable=f"{variable}{SUFFIX}")


def exposed(path: Path, *, variable: str) -> Iterator[SecretExposed]:
    """Tell of one file, if every account of this machine may read it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if mode & stat.S_IROTH:
        yield SecretExposed(variable=variable, path=str(path), mode=f"{stat.S_IMODE(mode):04o}")


def _named(environment: Mapping[str, str], variables: Iterable[str]) -> Iterator[tuple[str, Path]]:
    for variable in variables:
        path = environment.get(f"{variable}{SUFFIX}")
        if path:
            yield variable, Path(path)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = file.read(_BYTES_AT_MOST + 1)
    except OSError as error:
        raise SecretUnreadable(f"cannot be read: {error.strerror}") from error
    if len(found) > _BYTES_AT_MOST:
        raise SecretUnreadable(f"holds more than {_BYTES_AT_MOST:,} bytes, which is no secret")
    try:
        secret = found.decode().rstrip("\r\n")  # which editors and `echo` add
    except UnicodeDecodeError:
        raise SecretUnreadable("is not UTF-8") from None  # the cause would quote the bytes
    if not secret:
        raise SecretUnreadable("is empty")
    if "\0" in secret or "\n" in secret:
        raise SecretUnreadable("holds more than one line")
    return secret
