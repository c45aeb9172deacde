"""Lua scripts of our own, each in a named file beside this one."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script; `name` is the operation observed when it runs, `digest` the name Redis knows it by."""

    name: str
    text: str
    digest: str


def script_of(name: str, text: str) -> Script:
    """A script of this text."""
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return Script(name=name, text=text, digest=digest)


def read_script(name: str) -> Script:
    """The script in `name`.lua."""
    return script_of(name, files("storage.redis").joinpath(f"{name}.lua").read_text(encoding="utf-8"))
