"""Releases of libraries that are built, each with the sums of its files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from voip.native.inputs import (
    LIBOPUS_MANIFEST,
    LIBOPUS_VERSION,
    LIBSRTP_MANIFEST,
    LIBSRTP_VERSION,
    MANIFEST,
    PJSIP_VERSION,
)


@dataclass(frozen=True)
class Release:
    """Release of a library's source, and where it is found.

    `variable` of the environment names another place. `package` is Debian's source
    package, in which `archive` matches the name of the release's file; kept archives
    have `stem` in their names. `version_file` holds the parts of a tree's version,
    each a match of `version_part`.
    """

    name: str
    version: str
    manifest: Path
    variable: str
    package: str
    archive: str
    stem: str
    kept: str
    address: str
    version_file: str
    version_part: str
    newer_too: bool = False

    def sums(self) -> dict[str, str]:
        """SHA-256 sum of every file that is compiled, by its path."""
        pairs = (line.split("  ", 1) for line in self.manifest.read_text().splitlines() if line)
        return {path: digest for digest, path in pairs}

    def version_of(self, root: Path) -> str:
        """Return the version that a tree says it has, "" if it says none.

        Raises:
            OSError: the tree has no file that could say it.
        """
        text = (root / self.version_file).read_text(errors="replace")
        return ".".join(re.findall(self.version_part, text))


PJSIP = Release(
    name="PJSIP",
    version=PJSIP_VERSION,
    manifest=MANIFEST,
    variable="PJPROJECT_SOURCE",
    package="asterisk",
    archive=r"[^\s/]*pjproject[^\s/]*\.tar\.\w+",
    stem="pjproject",
    # Earlier ones were kept under the name that Debian gives them.
    kept="*pjproject*.tar.*",
    address=f"https://github.com/pjsip/pjproject/archive/refs/tags/{PJSIP_VERSION}.tar.gz",
    version_file="version.mak",
    version_part=r"export PJ_VERSION_(?:MAJOR|MINOR|REV)\s*:=\s*(\d+)",
    newer_too=True,
)

LIBOPUS = Release(
    name="libopus",
    version=LIBOPUS_VERSION,
    manifest=LIBOPUS_MANIFEST,
    variable="LIBOPUS_SOURCE",
    package="opus",
    archive=r"opus_[^\s/]*\.orig\.tar\.\w+",
    stem="opus",
    kept="opus-*.tar.*",
    address=f"https://downloads.xiph.org/releases/opus/opus-{LIBOPUS_VERSION}.tar.gz",
    version_file="package_version",
    version_part=r'PACKAGE_VERSION="([\d.]+)"',
)

LIBSRTP = Release(
    name="libsrtp",
    version=LIBSRTP_VERSION,
    manifest=LIBSRTP_MANIFEST,
    variable="LIBSRTP_SOURCE",
    package="libsrtp2",
    archive=r"libsrtp2_[^\s/]*\.orig\.tar\.\w+",
    stem="libsrtp",
    kept="libsrtp-*.tar.*",
    address=f"https://github.com/cisco/libsrtp/archive/refs/tags/v{LIBSRTP_VERSION}.tar.gz",
    version_file="configure",
    version_part=r"PACKAGE_VERSION='([\d.]+)'",
)
