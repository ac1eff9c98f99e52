"""Mark that our pjsua2 carries, and the worker's check of it.

A worker starts only with a library that has our patches: a weaker one must
never run a phone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from voip.native.inputs import PJSIP_VERSION, patch_names


class UnsuitableLibrary(Exception):
    """The installed pjsua2 is not ours; the text says what it lacks."""


@dataclass(frozen=True)
class Mark:
    """Mark of a pjsua2: its PJSIP version, patches and TLS library."""

    pjsip: str
    patches: tuple[str, ...]
    tls_library: str


def read(mark: str, tls_library: str) -> Mark:
    """Parse the results of `pjsua2.offhookMark()` and `.tlsLibrary()`."""
    fields = json.loads(mark)
    return Mark(fields["pjsip"], tuple(fields["patches"]), tls_library)


def check(mark: Mark) -> None:
    """Refuse a library that is older or less patched than this phone needs.

    Raises:
        UnsuitableLibrary: with what is wrong and what to do.
    """
    lacks = [name for name in patch_names() if name not in mark.patches]
    if _numbers(mark.pjsip) < _numbers(PJSIP_VERSION):
        lacks.append(f"PJSIP {PJSIP_VERSION} (it is {mark.pjsip})")
    match = re.match(r"OpenSSL (\d+)\.", mark.tls_library)
    if not match or int(match[1]) < 3:
        lacks.append(f"OpenSSL 3 (it has {mark.tls_library})")
    if lacks:
        raise UnsuitableLibrary(
            "the installed pjsua2 is not the one this phone needs; it lacks "
            + ", ".join(lacks)
            + ". Run ./offhook to build it."
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
