"""What libraries log becomes events."""

import asyncio
import logging

from telemetry.events import LibraryLogged
from telemetry.library_logs import libraries_observed
from tests.recorder import Recorder

LOGGER = logging.getLogger("a.library")


async def test_a_warning_is_told(events: Recorder) -> None:
    with libraries_observed(events, asyncio.get_running_loop()):
        LOGGER.warning("%d left", 3)
        LOGGER.info("all is well")

    assert events.events == [LibraryLogged(logger="a.library", level="warning", message="3 left", traceback="")]


async def test_an_error_is_told_with_its_traceback(events: Recorder) -> None:
    with libraries_observed(events, asyncio.get_running_loop()):
        LOGGER.error("lost", exc_info=KeyError("k"))

    (told,) = events.of(LibraryLogged)
    assert (told.level, told.message, told.traceback.splitlines()[-1]) == ("error", "lost", "KeyError: 'k'")


async def test_another_threads_words_are_told_on_the_loop(events: Recorder) -> None:
    with libraries_observed(events, asyncio.get_running_loop()):
        await asyncio.to_thread(LOGGER.error, "from afar")
        told = await events.wait_for(LibraryLogged)

    assert told.message == "from afar"


async def test_nothing_is_told_afterwards(events: Recorder) -> None:
    with libraries_observed(events, asyncio.get_running_loop()):
        pass
    LOGGER.debug("too late")

    assert (events.events, [type(handler).__name__ for handler in logging.getLogger().handlers].count("_Teller")) == (
        [],
        0,
    )
