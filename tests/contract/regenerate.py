"""Writes the golden files anew: `python -m tests.contract.regenerate`.

Run it after a wanted change of the protocol or of what --json prints, and
read the difference before it is committed: others depend on every line of it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.contract.examples import GROUPS
from voip.cli.schema import document

GOLDEN = Path(__file__).parent / "golden"


def texts() -> dict[str, str]:
    """What each golden file should hold, by its name."""
    values: dict[str, object] = {**GROUPS, "schema": document()}
    return {
        f"{name}.json": msgspec.json.format(msgspec.json.encode(value)).decode() + "\n"
        for name, value in values.items()
    }


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, text in texts().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
