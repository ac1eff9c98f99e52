"""Static libraries of our own, which PJSIP is linked with instead of a system's.

- libopus: the systems' are too old for deep packet loss concealment, or were built
  without Deep Redundancy (DRED). Phones would sound different on each of them.
- libsrtp: OpenSSL, which is in the process anyway, does its ciphers. Some systems'
  have NSS for them, which takes five times as long for a packet, and longer to start.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from voip.native.inputs import LIBOPUS_FLAGS, LIBSRTP_FLAGS
from voip.native.sources.release import LIBOPUS, LIBSRTP, Release

Run = Callable[[Sequence[str], Path], None]
"""Runs a command in a folder, with the compiler's flags in its environment."""


@dataclass(frozen=True)
class Library:
    """Library of a release: its `flags` of configure, and the targets of make.

    Programs and tests of it are not built: the manifest lacks files that they need.
    """

    release: Release
    flags: tuple[str, ...]
    archive: str
    install: tuple[str, ...]


LIBRARIES = (
    Library(
        LIBOPUS, LIBOPUS_FLAGS, "libopus.la",
        ("install-libLTLIBRARIES", "install-pkgincludeHEADERS"),
    ),
    Library(LIBSRTP, LIBSRTP_FLAGS, "libsrtp2.a", ("install",)),
)  # fmt: skip


def build(library: Library, tree: Path, target: Path, run: Run) -> None:
    """Build the source `tree` of a library, and install it into the folder `target`."""
    run(["sh", "./configure", f"--prefix={target}", *library.flags], tree)
    run(["make", f"-j{os.cpu_count() or 2}", library.archive], tree)
    run(["make", *library.install], tree)
