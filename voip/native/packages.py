"""System packages that a build needs, and those that are missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PROGRAMS = ("make", "gcc", "g++", "swig", "pkg-config", "patch", "tar", "xz")

PKG_CONFIG = ("openssl", "alsa", "speex", "speexdsp", "uuid")
"""Libraries that pkg-config knows."""

LINUX_ONLY = ("libpulse",)
"""Those of devices that are built on Linux alone; `config_site.h` says which."""

HEADERS = (("gsm", ("gsm.h", "gsm/gsm.h")), ("bcg729", ("bcg729/encoder.h",)))
"""Libraries that it does not know, with headers that show them."""

INSTALL = {
    "apt": (
        "apt-get install build-essential swig pkg-config patch xz-utils python3-dev python3-venv "
        "libssl-dev libasound2-dev libasound2-plugins libpulse-dev libspeex-dev "
        "libspeexdsp-dev libgsm1-dev libbcg729-dev uuid-dev"
    ),
    "dnf": (
        "dnf install gcc gcc-c++ make swig pkgconf-pkg-config patch xz python3-devel openssl-devel "
        "alsa-lib-devel alsa-plugins-pulseaudio pulseaudio-libs-devel speex-devel "
        "speexdsp-devel gsm-devel bcg729-devel libuuid-devel"
    ),
    "pacman": (
        "pacman -S base-devel swig python openssl alsa-lib alsa-plugins libpulse speex "
        "speexdsp gsm bcg729 util-linux-libs"
    ),
    "brew": "brew install swig pkg-config openssl@3 speex speexdsp libgsm bcg729",
}


def missing() -> list[str]:
    """Programs, libraries and headers that a build lacks, in words."""
    gaps = [f"program {name}" for name in PROGRAMS if shutil.which(name) is None]
    if shutil.which("pkg-config"):
        wanted = PKG_CONFIG + (LINUX_ONLY if sys.platform == "linux" else ())
        gaps += [f"library {name}" for name in wanted if not _known_to_pkg_config(name)]
    for name, headers in HEADERS:
        if not any(_has_header(header) for header in headers):
            gaps.append(f"header {headers[0]} ({name})")
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        gaps.append(f"header Python.h (of {sys.executable})")
    return gaps


def install_advice() -> str:
    """Lines that install everything, one for each package manager."""
    return "\n".join(f"  {line}" for line in INSTALL.values())


def _known_to_pkg_config(name: str) -> bool:
    return subprocess.run(["pkg-config", "--exists", name], check=False).returncode == 0


def _has_header(header: str) -> bool:
    probe = subprocess.run(
        ["cc", "-E", "-x", "c", "-", "-o", "/dev/null"],
        input=f"#include <{header}>\n",
        text=True,
        capture_output=True,
        check=False,
    )
    return probe.returncode == 0
