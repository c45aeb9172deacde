"""The lock on a data folder."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.embedded import FolderBusy
from storage.embedded.account import Account
from storage.embedded.data_lock import DataLock

US = Account(uid=os.geteuid(), gid=os.getegid())


def noon() -> datetime:
    return datetime(2031, 5, 6, 12, 0, 0, tzinfo=UTC)


def test_a_second_holder_is_told_who_has_the_folder_and_since_when(tmp_path: Path) -> None:
    first = DataLock(tmp_path, US, clock=noon)
    first.acquire()

    with pytest.raises(FolderBusy) as refusal:
        DataLock(tmp_path, US).acquire()
    first.release()

    command = " ".join(sys.orig_argv)
    assert str(refusal.value) == (
        f"{tmp_path} is in use by process {os.getpid()} ({command}) since 2031-05-06T12:00:00Z. "
        "Stop it, or choose another MAINSTAY_DATA_DIR."
    )


def test_another_service_is_told_whose_folder_it_is_and_how_to_have_its_own(tmp_path: Path) -> None:
    first = DataLock(tmp_path, US, service="shop", clock=noon)
    first.acquire()

    with pytest.raises(FolderBusy) as refusal:
        DataLock(tmp_path, US, service="quickstart").acquire()
    with pytest.raises(FolderBusy) as refusal_of_the_same:
        DataLock(tmp_path, US, service="shop").acquire()
    first.release()

    command = " ".join(sys.orig_argv)
    taken = f"{tmp_path} is in use by shop, process {os.getpid()} ({command}), since 2031-05-06T12:00:00Z."
    own = f"give quickstart a data folder of its own: MAINSTAY_DATA_DIR={tmp_path}/quickstart"
    assert str(refusal.value) == f"{taken} Stop it, or {own}"
    assert str(refusal_of_the_same.value) == f"{taken} Stop it, or choose another MAINSTAY_DATA_DIR."


def test_a_released_folder_is_free_again(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path, US), DataLock(tmp_path, US)
    first.acquire()
    first.release()

    second.acquire()

    assert (first.is_held, second.is_held) == (False, True)
    second.release()


def test_a_holder_that_has_not_signed_yet_is_another_process(tmp_path: Path) -> None:
    first = DataLock(tmp_path, US)
    first.acquire()
    (tmp_path / "lock").write_text("")

    with pytest.raises(FolderBusy, match="in use by another process"):
        DataLock(tmp_path, US).acquire()
    first.release()


def test_what_a_killed_holder_wrote_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text('{"pid": 1, "command": "init", "since": "2001-01-01T00:00:00Z"}')
    lock = DataLock(tmp_path, US)

    lock.acquire()

    assert lock.is_held
    lock.release()


def test_the_lock_is_the_owners_alone(tmp_path: Path) -> None:
    lock = DataLock(tmp_path, US)
    lock.acquire()

    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    lock.release()
