"""Static libopus of our own, which hides lost packets better than a system's.

The systems' libraries are too old for deep packet loss concealment, or were built
without Deep Redundancy (DRED): phones would sound different on each of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from voip.native.inputs import LIBOPUS_FLAGS

Run = Callable[[Sequence[str], Path], None]
"""Runs a command in a folder, with the compiler's flags in its environment."""


def build(tree: Path, target: Path, run: Run) -> str:
    """Build libopus's source `tree` into `target`; return the flag that PJSIP finds it by."""
    run(["sh", "./configure", f"--prefix={target}", *LIBOPUS_FLAGS], tree)
    run(["make", f"-j{os.cpu_count() or 2}", "libopus.la"], tree)
    # All of it would want files that no such machine needs, which the manifest lacks.
    run(["make", "install-libLTLIBRARIES", "install-pkgincludeHEADERS"], tree)
    return f"--with-opus={target}"
