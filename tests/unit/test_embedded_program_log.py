"""A server's output file."""

import os
from pathlib import Path

import pytest

from storage.embedded.account import Account
from storage.embedded.program_log import ProgramLog

US = Account(uid=os.geteuid(), gid=os.getegid())
MEBIBYTE = 2**20


def write(log: ProgramLog, text: bytes) -> None:
    with os.fdopen(log.open(), "ab") as file:
        file.write(text)


def test_the_tail_is_the_last_fifteen_lines(tmp_path: Path) -> None:
    log = ProgramLog(tmp_path / "log", US)
    write(log, b"".join(b"line %d\n" % number for number in range(1, 1001)))

    assert log.tail() == "\n".join(f"line {number}" for number in range(986, 1001))


def test_the_tail_of_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert ProgramLog(tmp_path / "log", US).tail() == ""


def test_a_long_log_is_shortened_to_its_end_while_the_server_writes_on(tmp_path: Path) -> None:
    log = ProgramLog(tmp_path / "log", US)
    server = log.open()
    os.write(server, b"old" * 3 * MEBIBYTE + b"new")

    log.bound()

    os.write(server, b"est")
    os.close(server)
    text = log.path.read_bytes()
    assert (len(text), text[-6:]) == (MEBIBYTE + 3, b"newest")


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    log = ProgramLog(tmp_path / "log", US)
    write(log, b"short")

    log.bound()

    assert log.path.read_bytes() == b"short"


def test_a_log_is_the_owners_alone_and_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    log, linked = ProgramLog(tmp_path / "log", US), ProgramLog(tmp_path / "link", US)
    write(log, b"")
    linked.path.symlink_to(log.path)

    assert log.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError, match="link"):
        linked.open()
