"""Command line, a thin client of the engine; see docs/scripting.md."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the console script `offhook`."""
    # Most commands last a tenth of a second; collecting while modules load would take a
    # tenth of that.
    gc.disable()
    words = sys.argv[1:]
    if words in (["status"], ["status", "--json"]):
        from voip.cli.quick import run_status

        sys.exit(run_status(as_json="--json" in words))
    from voip.cli.app import run

    sys.exit(run(words))
