"""What a supervisor does with a server that fails, hangs, crashes again and again, or ignores it."""

import signal
from pathlib import Path

import pytest

from storage.embedded import EmbeddedFailed
from storage.embedded.patience import Patience
from storage.embedded.supervisor import Supervisor
from telemetry.events import EmbeddedExited, EmbeddedStarted
from tests.integration.embedded_run import kill
from tests.integration.processes import until, working_in
from tests.integration.scripted_server import ScriptedServer
from tests.recorder import Recorder

QUICK = Patience(start_seconds=0.3, first_restart_seconds=0.001, slowest_restart_seconds=0.01)


async def test_a_server_that_ends_while_starting_is_reported_with_its_last_words(
    tmp_path: Path, events: Recorder
) -> None:
    server = ScriptedServer(tmp_path / "server", "echo 'FATAL: the disk is full'; exit 3")
    supervisor = Supervisor(server, observe=events)

    with pytest.raises(EmbeddedFailed) as failure:
        await supervisor.start()

    assert str(failure.value) == (
        "The embedded valkey ended with code 3 while starting. "
        f"The end of {tmp_path}/server/log:\nFATAL: the disk is full"
    )
    assert events.events == []


async def test_a_server_that_never_gets_ready_is_given_up_and_ended(tmp_path: Path, events: Recorder) -> None:
    server = ScriptedServer(tmp_path / "server", "echo 'still loading'; exec sleep 600")
    supervisor = Supervisor(server, observe=events, patience=QUICK)

    with pytest.raises(EmbeddedFailed) as failure:
        await supervisor.start()

    assert str(failure.value) == (
        "The embedded valkey was not ready within 0.3 s: it has not made the file. "
        f"The end of {tmp_path}/server/log:\nstill loading"
    )
    assert working_in(tmp_path) == set()


async def test_a_server_that_crashes_again_and_again_is_started_again_and_again(
    tmp_path: Path, events: Recorder
) -> None:
    server = ScriptedServer(tmp_path / "server", "touch ready; sleep 0.05; exit 7")
    supervisor = Supervisor(server, observe=events, patience=QUICK)
    await supervisor.start()

    await events.wait_for(EmbeddedStarted, lambda _: len(events.of(EmbeddedStarted)) >= 4)
    await supervisor.stop()

    assert len({event.pid for event in events.of(EmbeddedStarted)}) >= 4
    assert events.of(EmbeddedExited)[0] == EmbeddedExited(program="valkey", exit_code=7, restarting=True)
    await until(lambda: not working_in(tmp_path))  # the shell's own `sleep` ends by itself


async def test_a_restart_that_fails_is_observed_and_tried_again(tmp_path: Path, events: Recorder) -> None:
    first_time = "test -e been || { touch been ready; exec sleep 600; }"
    third_time = "test -e twice && { touch ready; exec sleep 600; }"
    server = ScriptedServer(tmp_path / "server", f"{first_time}; {third_time}; touch twice; exit 9")
    supervisor = Supervisor(server, observe=events, patience=Patience(first_restart_seconds=0.001))
    await supervisor.start()
    (pid,) = (event.pid for event in events.of(EmbeddedStarted))

    kill(pid)
    await events.wait_for(EmbeddedStarted, lambda event: event.pid != pid)
    await supervisor.stop()

    assert [(event.exit_code, event.restarting) for event in events.of(EmbeddedExited)] == [
        (-signal.SIGKILL, True),
        (1, True),
        (-signal.SIGTERM, False),
    ]


async def test_a_server_that_ignores_the_first_signal_gets_the_next(tmp_path: Path, events: Recorder) -> None:
    server = ScriptedServer(tmp_path / "server", "trap '' TERM; touch ready; while :; do sleep 1; done")
    supervisor = Supervisor(server, observe=events)
    await supervisor.start()

    await supervisor.stop()

    assert events.of(EmbeddedExited) == [EmbeddedExited(program="valkey", exit_code=-signal.SIGKILL, restarting=False)]
