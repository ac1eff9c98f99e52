"""Runs checks with a pjsua2 that reports memory faults and undefined use.

    python -m tests.sanitized pytest tests/call/hostile tests/native
    python -m tests.sanitized python -m tests.fuzz.worker --seed 1 --count 20000

The library is the one of `python -m voip.native.build --sanitize`; it is built
the first time, which takes a quarter of an hour. Each process with a finding
leaves a file in `tests/artefacts/sanitized`, and then the run fails, whatever
its checks report.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tests.support import disks
from tests.support.preload import SANITIZERS
from voip.native import build

_REPORTS = Path(__file__).parent / "artefacts" / "sanitized"
_FAILED = 1
_SHOWN_LINES = 40


def environment(library: Path, reports: Path) -> dict[str, str]:
    """Variables with which Python runs the sanitized pjsua2 of `library`."""
    # Python is not linked with the sanitizers, so they are loaded before it. The
    # first of the two decides where both write: UBSan's writes to standard error
    # if it is the second.
    sanitizers = [_library("libubsan.so"), _library("libasan.so")]
    return {
        **os.environ,
        # The command names programs of this environment.
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": str(library),
        # Python's own allocator hides the memory of its objects from the sanitizer.
        "PYTHONMALLOC": "malloc",
        "LD_PRELOAD": " ".join(sanitizers),
        SANITIZERS: " ".join(sanitizers),
        # Python does not free its memory when it ends.
        "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0",
        "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={reports / 'report'}",
    }


def run(words: Sequence[str], library: Path, reports: Path) -> int:
    """Run `words`; returns their exit status, or 1 if something was reported."""
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    done = subprocess.run(words, env=environment(library, reports), check=False)
    files = sorted(reports.iterdir())
    for report in files:
        lines = report.read_text(errors="replace").splitlines()
        print(f"\n{report}:", *lines[:_SHOWN_LINES], sep="\n", file=sys.stderr)
    return done.returncode or (_FAILED if files else 0)


def _library(name: str) -> str:
    done = subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    )
    return str(Path(done.stdout.strip()).resolve(strict=True))


def main() -> int:
    words = sys.argv[1:]
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    wheel = build.build(sanitized=True)
    with disks.short() as folder:
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder)
        return run(words, Path(folder), _REPORTS)


if __name__ == "__main__":
    sys.exit(main())
