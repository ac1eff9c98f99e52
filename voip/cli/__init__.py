"""The command line: a thin client of the engine; see docs/scripting.md."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """The console script `offhook`."""
    # Most commands live for a tenth of a second: collecting while modules load
    # would be a tenth of that, for nothing.
    gc.disable()
    words = sys.argv[1:]
    if words in (["status"], ["status", "--json"]):
        from voip.cli.quick import run_status

        sys.exit(run_status(as_json="--json" in words))
    from voip.cli.app import run

    sys.exit(run(words))
