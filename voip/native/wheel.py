"""Packs the built extension into a wheel (PEP 427)."""

from __future__ import annotations

import base64
import hashlib
import platform
import sys
import sysconfig
import zipfile
from pathlib import Path


def tag() -> str:
    """The compatibility tag of a wheel built by this Python, on this machine."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    system = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"{python}-{python}{threads}-{system}"


def write(folder: Path, version: str, files: dict[str, bytes]) -> Path:
    """Write `pjsua2-<version>-<tag>.whl` into `folder`; returns its path."""
    info = f"pjsua2-{version}.dist-info"
    members = dict(files)
    members[f"{info}/METADATA"] = (
        "Metadata-Version: 2.1\n"
        "Name: pjsua2\n"
        f"Version: {version}\n"
        "Summary: PJSIP's pjsua2, built and patched for Offhook\n"
        "License: GPL-2.0-or-later\n"
    ).encode()
    members[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: offhook\nRoot-Is-Purelib: false\nTag: {tag()}\n"
    ).encode()
    record = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in members.items())
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()

    target = folder / f"pjsua2-{version}-{tag()}.whl"
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            # A fixed date makes the same input the same wheel.
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            archive.writestr(entry, data)
    return partial.replace(target)


def extension_name() -> str:
    """The file name under which this Python finds the extension `_pjsua2`."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return f"_pjsua2{suffix or f'.{platform.system()}.so'}"


def _digest(data: bytes) -> str:
    raw = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={raw.decode()}"
