"""Every command in the manual is one that the tests run."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contract import regenerate
from tests.support.network.capture import IN_THE_CLEAR, READING

ROOT = Path(__file__).parent.parent.parent


def test_the_commands_for_tshark_are_those_of_the_capture_test() -> None:
    trust = (ROOT / "docs" / "trust.md").read_text()
    assert f"'{IN_THE_CLEAR}'" in trust
    assert f"tshark -r /tmp/call.pcapng {' '.join(READING)} -Y" in trust


def test_the_readme_fits_on_a_few_screens() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_every_page_that_is_linked_is_there() -> None:
    links = [
        (page, target)
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
        for target in re.findall(r"\]\(([^)#:]+)", page.read_text())
    ]
    assert ("README.md", "docs/trust.md") in {(page.name, target) for page, target in links}
    assert [link for link in links if not (link[0].parent / link[1]).exists()] == []


def test_the_table_of_account_fields_is_as_it_would_be_written_now() -> None:
    manual = regenerate.MANUAL.read_text()
    assert manual == regenerate.with_fields(manual), "see tests/contract/regenerate.py"
    rows = re.findall(r"^\| `(\w+)` \|", manual.partition(regenerate.BEGINNING)[2], re.MULTILINE)
    assert {"user", "expires_s", "enabled"} < set(rows)
