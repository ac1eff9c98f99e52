"""Network namespaces: a machine of their own for tests, with its own DNS.

Inside, 127.0.0.1 is the name server, and no other machine is reached.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from pathlib import Path

INSIDE = "OFFHOOK_TESTS_INSIDE"
"""Variable that is set inside a namespace."""

_PREPARE = """
ip link set lo up
mount --bind {folder}/resolv.conf /etc/resolv.conf
mount --bind {folder}/nsswitch.conf /etc/nsswitch.conf
exec "$@"
"""


async def run_inside(folder: Path, *words: str, search: str = "") -> tuple[int, str]:
    """Run a command in a namespace of its own; its status and output."""
    (folder / "resolv.conf").write_text(f"nameserver 127.0.0.1\n{search}\n")
    (folder / "nsswitch.conf").write_text("hosts: files dns\n")
    prepare = _PREPARE.format(folder=shlex.quote(str(folder)))
    process = await asyncio.create_subprocess_exec(
        "unshare", "--map-root-user", "--net", "--mount", "sh", "-ec", prepare, "sh", *words,
        env=os.environ | {INSIDE: "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def run_tests_inside(folder: Path, file: Path, search: str = "") -> None:
    """Run a file of tests in a namespace; fails with what they print."""
    status, output = await run_inside(
        folder, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file),
        search=search,
    )  # fmt: skip
    assert status == 0, output
