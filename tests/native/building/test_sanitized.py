"""A sanitizer's finding fails a run, whatever the run itself reports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import sanitized
from voip.native.inputs import SANITIZED_CFLAGS

_SOURCE = """
#include <stdlib.h>
int sound(int n) { return n; }
int shifted(int n) { return 1 << n; }
int overrun(int n) { char *a = malloc(8); int b = a[n]; free(a); return b; }
"""

_PROGRAM = "import ctypes, sys; ctypes.CDLL(sys.argv[1])[sys.argv[2]](40); print('done')"


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with faults, made as the sanitized pjsua2 is."""
    folder = tmp_path_factory.mktemp("sanitized")
    (folder / "faults.c").write_text(_SOURCE)
    library = folder / "faults.so"
    subprocess.run(
        ["gcc", "-shared", *SANITIZED_CFLAGS.split(), "-o", library, folder / "faults.c"],
        check=True,
    )
    return library


def _run(library: Path, function: str, tmp_path: Path) -> tuple[int, str]:
    words = [sys.executable, "-c", _PROGRAM, str(library), function]
    status = sanitized.run(words, library.parent, tmp_path / "reports")
    return status, "".join(file.read_text() for file in (tmp_path / "reports").iterdir())


def test_sound_run_succeeds(library: Path, tmp_path: Path) -> None:
    assert _run(library, "sound", tmp_path) == (0, "")


def test_undefined_behaviour_fails_a_run_that_went_on(
    library: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status, report = _run(library, "shifted", tmp_path)
    assert status == 1
    assert "shift exponent 40 is too large" in report
    assert "faults.c" in report
    out, err = capfd.readouterr()
    assert out == "done\n"
    assert "shift exponent 40 is too large" in err


def test_fault_of_memory_fails_a_run(library: Path, tmp_path: Path) -> None:
    status, report = _run(library, "overrun", tmp_path)
    assert status == 1
    assert "AddressSanitizer: heap-buffer-overflow" in report
    assert "faults.c" in report


def test_failure_of_the_run_itself_is_kept(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "raise SystemExit(7)"]
    assert sanitized.run(words, tmp_path, tmp_path / "reports") == 7


def test_report_of_an_earlier_run_is_forgotten(library: Path, tmp_path: Path) -> None:
    assert _run(library, "shifted", tmp_path)[0] == 1
    assert _run(library, "sound", tmp_path) == (0, "")
