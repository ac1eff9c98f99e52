"""Inputs of our pjsua2, and the key under which a build is cached."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent

PJSIP_VERSION = "2.17"
"""The PJSIP version whose files `MANIFEST` lists: the oldest one accepted."""

LIBOPUS_VERSION = "1.6.1"
"""The version of libopus whose files `LIBOPUS_MANIFEST` lists: no other is built."""

LIBSRTP_VERSION = "2.7.0"
"""The version of libsrtp whose files `LIBSRTP_MANIFEST` lists: no other is built."""

MANIFEST = HERE / f"pjproject-{PJSIP_VERSION}.sha256"
LIBOPUS_MANIFEST = HERE / f"opus-{LIBOPUS_VERSION}.sha256"
LIBSRTP_MANIFEST = HERE / f"libsrtp-{LIBSRTP_VERSION}.sha256"
CONFIG_SITE = HERE / "config_site.h"
INTERFACES = tuple(
    HERE / f"{name}.i"
    for name in ("pjsua2_offhook", "certificates", "publications", "subscriptions")
)
"""Interface of the module, then what it includes."""
OWN_PARTS = {"pulse": "pjmedia-audiodev", "playout": "pjmedia", "recorder": "pjmedia"}
"""Library of each folder of our own: the driver of sound servers, how long voice waits to
be heard, the recorder of both sides; patches 0106, 0115 and 0120 have them compiled."""
OWN_FILES = tuple(file for part in OWN_PARTS for file in sorted((HERE / part).glob("*.[ch]")))
OWN_FACES = frozenset(("pulse_dev.h", "playout.h", "call_recorder.h"))
"""Headers that other files of PJSIP include."""

PATCHES = tuple(sorted((HERE / "patches").glob("*.patch")))

CONFIGURE_FLAGS = (
    "--disable-video",
    "--disable-ffmpeg",
    "--disable-v4l2",
    "--disable-openh264",
    "--disable-vpx",
    "--disable-sdl",
    "--disable-libyuv",
    "--disable-libwebrtc",
    "--enable-libwebrtc-aec3",
    "--disable-g7221-codec",
    "--disable-ilbc-codec",
    "--disable-opencore-amr",
    "--disable-silk",
    "--disable-lyra",
    "--disable-upnp",
    "--with-external-srtp",
    "--with-external-speex",
    "--with-external-gsm",
    "--enable-speex-resample",
    "--enable-epoll",
    # Static, libsrtp asks for OpenSSL: PJSIP would find no srtp_deinit() in it.
    "LIBS=-lcrypto",
)

LIBOPUS_FLAGS = (
    "--disable-shared",
    "--enable-static",
    "--with-pic",
    "--enable-dred",
    "--enable-osce",
    "--disable-extra-programs",
    "--disable-doc",
    # Unpacked files are all as old: make would want automake to write configure again.
    "--disable-maintainer-mode",
)

LIBSRTP_FLAGS = ("--enable-openssl", "--disable-pcap")

# PJSIP decides with NDEBUG whether a peer can trip an assertion.
CFLAGS = "-O2 -fPIC -DNDEBUG -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fno-strict-aliasing"

SANITIZERS = "-fsanitize=address,undefined"

# Each piece of a pool is an allocation of its own: an overrun within a pool is
# seen no other way. _FORTIFY_SOURCE hides calls from AddressSanitizer.
SANITIZED_CFLAGS = (
    f"-O1 -g {SANITIZERS} -fno-omit-frame-pointer -fPIC -DNDEBUG -DPJ_POOL_DEBUG=1 "
    "-fno-strict-aliasing"
)

# The wrapper is one huge file of glue that no call waits for: optimised for its
# size, every worker has two megabytes less of it in memory.
WRAPPER_OPTIMISATION = "-Os"


def patch_names() -> list[str]:
    """The names of the patches that a build carries, in order."""
    return [path.stem for path in PATCHES]


def cache_folder() -> Path:
    """Where sources, build trees and wheels are kept: outside any checkout.

    `XDG_CACHE_HOME` is honoured; the tree may be deleted at any time.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "offhook" / "native"


def build_key(source: str = "", sanitized: bool = False, newer: bool = False) -> str:
    """The cache key: everything that could make two builds differ.

    `source` names a source other than the default one, for example a folder
    given as `PJPROJECT_SOURCE`.
    """
    digest = hashlib.sha256()
    files = [MANIFEST, LIBOPUS_MANIFEST, LIBSRTP_MANIFEST, CONFIG_SITE, *INTERFACES]
    files += [*OWN_FILES, *PATCHES]
    files += [HERE / f"{name}.py" for name in ("inputs", "build", "libraries", "stub", "wheel")]
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(source.encode())
    soabi = sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag
    variant = "-sanitized" if sanitized else ""
    variant += "-newer" if newer else ""
    system = _system_libraries_tag()
    digest.update(system.encode())
    return f"{PJSIP_VERSION}-{soabi}-{platform.machine()}{variant}-{digest.hexdigest()[:16]}"


def _system_libraries_tag() -> str:
    # A wheel links the system's libraries: it must not outlive a move of the
    # cache to another release of the system.
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return f"{platform.system()} {platform.release()}"
    return f"{release.get('ID', '')} {release.get('VERSION_ID', '')}"
