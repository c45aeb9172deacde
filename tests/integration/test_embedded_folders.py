"""Where the embedded servers put what they need, and who may look at it."""

import os
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from psycopg2.extensions import parse_dsn
from redis import asyncio as aioredis

from storage.embedded import EmbeddedFailed, EmbeddedStorage, Endpoints
from storage.embedded.account import account_for
from tests.integration.sql import ask
from tests.recorder import Recorder

_OTHERS = 0o077


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(folder: Path) -> list[Path]:
    """All below a folder, itself included, that is neither closed to others nor a link."""
    paths = [folder, *folder.rglob("*")]
    return [path for path in paths if mode(path) & _OTHERS and not path.is_symlink()]


def socket_folders(endpoints: Endpoints) -> set[Path]:
    redis_socket = Path(unquote(urlsplit(endpoints.redis_url).path))
    return {Path(parse_dsn(endpoints.postgres_dsn)["host"]), redis_socket.parent}


async def serves(endpoints: Endpoints) -> bool:
    async with aioredis.from_url(endpoints.redis_url) as client:
        return bool(await client.ping()) and await ask(endpoints.postgres_dsn, "SELECT 1") == (1,)


async def test_all_that_is_made_is_closed_to_others_and_nothing_else_is_touched(
    fast_folder: Path, data_dir: Path, events: Recorder
) -> None:
    parent = fast_folder / f"{data_dir.name}-parent"
    parent.mkdir()
    parent.chmod(0o775)
    before = (parent.stat().st_mode, parent.stat().st_uid, parent.stat().st_gid)

    async with EmbeddedStorage(parent / "missing" / "data", observe=events) as endpoints:
        assert await serves(endpoints)
        assert open_to_others(parent / "missing") == []

    assert (parent.stat().st_mode, parent.stat().st_uid, parent.stat().st_gid) == before
    assert open_to_others(parent / "missing") == []


async def test_a_data_folder_that_exists_keeps_its_mode_and_owner(data_dir: Path, events: Recorder) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o755)
    owner = data_dir.stat().st_uid

    async with EmbeddedStorage(data_dir, observe=events) as endpoints:
        assert await serves(endpoints)

    assert (mode(data_dir), data_dir.stat().st_uid) == (0o755, owner)
    assert [path for path in open_to_others(data_dir) if path != data_dir] == []


async def test_a_long_path_has_its_sockets_in_a_short_private_folder(data_dir: Path, events: Recorder) -> None:
    long = data_dir / ("x" * 100) / ("y" * 100)

    async with EmbeddedStorage(long, observe=events) as endpoints:
        assert await serves(endpoints)
        (sockets,) = socket_folders(endpoints)
        assert mode(sockets) == 0o700
        assert (long / "sockets").readlink() == sockets

    assert not sockets.exists()
    assert not (long / "sockets").is_symlink()


@pytest.mark.parametrize(
    "name", ["with a space", "it's", 'say "hi"', "back\\slash", "100%25", "a,b", "ünïcødé ☃", "q?x=1#y"]
)
async def test_any_folder_name_will_do(data_dir: Path, events: Recorder, name: str) -> None:
    async with EmbeddedStorage(data_dir / name, observe=events) as endpoints:
        assert await serves(endpoints)


async def test_sockets_are_not_put_into_a_folder_others_can_enter(data_dir: Path, events: Recorder) -> None:
    sockets = data_dir / "sockets"
    sockets.mkdir(parents=True)
    os.chown(sockets, *owner_of_servers(data_dir))
    sockets.chmod(0o777)

    with pytest.raises(EmbeddedFailed, match="sockets is open to other users"):
        await EmbeddedStorage(data_dir, observe=events).start()


async def test_a_link_in_place_of_the_lock_is_not_followed(data_dir: Path, events: Recorder) -> None:
    data_dir.mkdir()
    (data_dir / "precious").write_text("kept")
    (data_dir / "lock").symlink_to(data_dir / "precious")

    with pytest.raises(EmbeddedFailed, match="lock cannot be opened"):
        await EmbeddedStorage(data_dir, observe=events).start()

    assert (data_dir / "precious").read_text() == "kept"


async def test_a_file_in_place_of_the_folder_is_named_in_the_error(data_dir: Path, events: Recorder) -> None:
    data_dir.write_text("not a folder")

    with pytest.raises(EmbeddedFailed, match=str(data_dir)):
        await EmbeddedStorage(data_dir, observe=events).start()


async def test_a_folder_left_by_a_killed_run_in_the_temporary_folder_is_removed(
    data_dir: Path, fast_folder: Path, events: Recorder
) -> None:
    left = fast_folder / f"mainstay-{data_dir.name}"
    left.mkdir(mode=0o700)
    data_dir.mkdir()
    (data_dir / "sockets").symlink_to(left)
    os.chown(left, *owner_of_servers(data_dir))

    async with EmbeddedStorage(data_dir, observe=events, postgres=False):
        assert not left.exists()


def owner_of_servers(data_dir: Path) -> tuple[int, int]:
    account = account_for(data_dir)
    return account.uid, account.gid
