"""`python -m tests.proof`: the proof from beginning to end; exits 1 where something is not proven."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tests.integration.fast_folder import make_fast_folder
from tests.proof.alert_names import rule_of
from tests.proof.bench import Outcome
from tests.proof.paces import ALWAYS, alerts_of
from tests.proof.plan import all_faults
from tests.proof.report import page
from tests.proof.run import Run
from tests.proof.runbooks import live_proofs, with_live_proof
from tests.proof.shops import DOORS
from tests.source_tree import PROJECT

SILENCE_SECONDS = 60.0
PAGE = PROJECT / "docs" / "proof.md"


def main() -> int:
    """Run it, write the page, say what is missing; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD", help="faults whose name or alerts have this in it")
    parser.add_argument("--silence", type=float, default=SILENCE_SECONDS, metavar="SECONDS", help="before the first")
    parser.add_argument(
        "--write", action="store_true", help=f"write {PAGE.relative_to(PROJECT)}, and into the runbooks"
    )
    told = parser.parse_args()
    with make_fast_folder() as folder:
        found = asyncio.run(Run(folder=folder, wanted=told.only, silence_seconds=told.silence)())
    missing = [] if told.only else _never_fired(found.outcomes)
    for alert in missing:
        sys.stdout.write(f"NOT PROVEN  {alert}: no fault makes it fire\n")
    if told.write:
        write_runbooks()
        PAGE.write_text(page(found, alerts_of(DOORS), silence_seconds=told.silence))
    for board in found.boards:
        sys.stdout.write(f"{board.title}: {len(board.changes)} of {len(board.panels)} panels changed\n")
        sys.stdout.writelines(f"NO DATA  {board.title}: {query}\n" for query in board.empty)
        sys.stdout.writelines(f"NOT CHANGED  {board.title}: {panel}\n" for panel in board.unchanged)
    proven = sum(outcome.is_proven for outcome in found.outcomes)
    sys.stdout.write(f"{proven} faults proven, {len(found.outcomes) - proven} not\n")
    return 0 if found.is_proven and not missing else 1


def write_runbooks() -> None:
    """Say in each runbook which faults make its alert fire."""
    for file, line in live_proofs(all_faults(), list(alerts_of(DOORS))).items():
        file.write_text(with_live_proof(file.read_text(), line))


def _never_fired(outcomes: Sequence[Outcome]) -> Sequence[str]:
    """Alerts that exist and belong to no fault."""
    fired = {rule_of(one.alert) for outcome in outcomes for one in outcome.shown} | {
        alert for outcome in outcomes for alert in outcome.followed
    }
    return sorted(alerts_of(DOORS).keys() - fired - ALWAYS)


if __name__ == "__main__":
    sys.exit(main())
