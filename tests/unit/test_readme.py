"""What the README says to type is what the tests do."""

from __future__ import annotations

from pathlib import Path

from tests.support.capture import IN_THE_CLEAR, READING

README = (Path(__file__).parent.parent.parent / "README.md").read_text()


def test_the_commands_for_tshark_are_those_of_the_capture_test() -> None:
    assert f"'{IN_THE_CLEAR}'" in README
    assert f"tshark -r /tmp/call.pcapng {' '.join(READING)} -Y" in README
