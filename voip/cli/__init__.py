"""The command line: a thin client of the engine. The contract is in the README."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """The console script `offhook`."""
    # Most commands live for a tenth of a second: collecting while modules load
    # would be a tenth of that, for nothing.
    gc.disable()
    from voip.cli.app import run

    sys.exit(run())
