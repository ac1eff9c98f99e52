"""The command line: a thin client of the engine. The contract is in the README."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script `offhook`."""
    from voip.cli.app import run

    sys.exit(run())
