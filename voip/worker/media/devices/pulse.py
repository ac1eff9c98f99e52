"""Access to PulseAudio or PipeWire, here or by a forwarded socket."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import MutableMapping
from pathlib import Path

_SYSTEM_CONFIG = Path("/etc/pulse/client.conf")


def reachable() -> bool:
    """True if a PulseAudio or PipeWire server has a socket here or is named."""
    if os.environ.get("PULSE_SERVER"):
        return True
    return Path(_runtime_folder(), "native").exists()


def answers() -> bool:
    """True if a server accepts connections on its socket now.

    Also true for a server elsewhere on the network, where a probe could block.
    """
    server = os.environ.get("PULSE_SERVER") or f"unix:{_runtime_folder()}/native"
    # The variable may list several servers, each after the {machine} it is for.
    place = re.sub(r"^\{[^}]*\}", "", server.split()[0])
    if not place.startswith(("unix:", "/")):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(place.removeprefix("unix:")) == 0


def expect_a_forwarded_socket(environment: MutableMapping[str, str]) -> None:
    """Keep libpulse from passing shared memory to a server elsewhere.

    libpulse passes sound by file descriptors over every Unix socket, which
    `ssh -R` cannot carry. A server that the user names may be such a socket, so
    sound goes as bytes. The user's own client settings stay in force.
    """
    if not environment.get("PULSE_SERVER") or not hasattr(os, "memfd_create"):
        return
    own = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config", "pulse/client.conf")
    configured = [Path(name)] if (name := environment.get("PULSE_CLIENTCONFIG")) else []
    before = next((path for path in (*configured, own, _SYSTEM_CONFIG) if path.is_file()), None)
    lines = [f".include {before}\n"] if before else []
    descriptor = os.memfd_create("pulse-client", 0)
    os.write(descriptor, "".join([*lines, "enable-shm = no\nenable-memfd = no\n"]).encode())
    environment["PULSE_CLIENTCONFIG"] = f"/proc/self/fd/{descriptor}"


def _runtime_folder() -> str:
    return os.environ.get("PULSE_RUNTIME_PATH") or (
        f"{os.environ.get('XDG_RUNTIME_DIR', '/nonexistent')}/pulse"
    )
