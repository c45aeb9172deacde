"""The proof of the alerts, for one of its faults: `make prove` makes all of them."""

from pathlib import Path

from tests.proof.run import Run

SILENCE_SECONDS = 2.0


async def test_a_fault_fires_its_alerts_and_no_others_and_they_clear(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)

    found = await Run(folder=data_dir, wanted="a handler has a bug", silence_seconds=SILENCE_SECONDS)()

    alerts = {one.alert for outcome in found.outcomes for one in outcome.shown}
    assert {"ExceptionsThrown", "SloAvailabilityBurnFast"} <= alerts
    assert found.noises == []
    assert [outcome for outcome in found.outcomes if not outcome.is_proven] == []
