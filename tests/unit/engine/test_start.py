"""A start of the engine does not wait for libraries that it may never need."""

from __future__ import annotations

import subprocess
import sys

_LATER = ("OpenSSL", "cryptography", "dns", "importlib.metadata", "phonenumbers")


def test_slow_libraries_are_loaded_where_they_are_needed() -> None:
    program = f"import sys, voip.engine.serving; print(*set(sys.modules) & {set(_LATER)})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "\n"


def test_a_worker_does_not_wait_for_what_the_engine_loads() -> None:
    program = "import sys, voip.engine.__main__; print(*set(sys.modules) & {'asyncio', 'msgspec'})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "\n"
