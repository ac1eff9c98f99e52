"""Libraries that are loaded before a process's own: sanitizers, names, a test's."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

SANITIZERS = "SANITIZERS"
"""Variable that names the sanitizers' libraries under `tests.sanitized`."""


def preload(environment: Mapping[str, str], *libraries: str) -> dict[str, str]:
    """Variables that load `libraries`, behind the sanitizers of `environment`.

    Only a process that loads pjsua2 needs the sanitizers; some programs hang
    with them.
    """
    words = [environment.get(SANITIZERS, ""), *libraries]
    value = " ".join(word for word in words if word)
    return {"LD_PRELOAD": value} if value else {}


def compiled(source: Path, folder: Path, *words: str) -> Path:
    """A library of one C file, made in `folder`; `words` are more options of gcc."""
    library = folder / f"{source.stem}.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, *words], check=True)
    return library


def hosts(file: Path, names: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Variables by which a process resolves `names` to their addresses.

    `file` holds them.
    """
    file.write_text("".join(f"{address} {name}\n" for name, address in names.items()))
    return {**preload(environment, "libnss_wrapper.so"), "NSS_WRAPPER_HOSTS": str(file)}
