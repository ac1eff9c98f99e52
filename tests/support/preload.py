"""Libraries that are loaded before a process's own: sanitizers, and names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SANITIZERS = "SANITIZERS"
"""The variable that names the sanitizers' libraries, where `tests.sanitized` runs."""


def preload(environment: Mapping[str, str], *libraries: str) -> dict[str, str]:
    """The variables that load `libraries`, behind the sanitizers of `environment`.

    Only a process that loads pjsua2 needs the sanitizers; some programs hang with them.
    """
    words = [environment.get(SANITIZERS, ""), *libraries]
    value = " ".join(word for word in words if word)
    return {"LD_PRELOAD": value} if value else {}


def hosts(file: Path, names: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which a process knows `names`, each with its address.

    They are kept in `file`.
    """
    file.write_text("".join(f"{address} {name}\n" for name, address in names.items()))
    return {**preload(environment, "libnss_wrapper.so"), "NSS_WRAPPER_HOSTS": str(file)}
