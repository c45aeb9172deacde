"""The README tells the truth: its code is the example's, its links lead somewhere, its settings are all there are."""

import re
from pathlib import Path

from server.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_first_code_block_is_the_quickstart_file() -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)

    assert block is not None
    assert block[1] == (ROOT / "examples/quickstart/service.py").read_text()


def test_every_link_into_the_project_leads_to_a_file() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if not target.startswith("http")]

    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_setting_is_in_the_table() -> None:
    told = set(re.findall(rf"`({PREFIX}[A-Z_]+)`", README))

    assert told == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
