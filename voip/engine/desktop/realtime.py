"""Real-time priority for threads that carry voice, where RealtimeKit grants it."""

from __future__ import annotations

import logging
import sys

from voip.engine.desktop.errors import BusError

log = logging.getLogger(__name__)

_NAME = "org.freedesktop.RealtimeKit1"
_PATH = "/org/freedesktop/RealtimeKit1"
_PRIORITY = 4  # of 1 to 99: below the sound servers', PulseAudio's is 5


class Realtime:
    """Asks RealtimeKit for priority; `text` says what came of it."""

    def __init__(self) -> None:
        self.text = "usual"

    async def ask(self, process: int, threads: tuple[int, ...]) -> None:
        """Ask for the threads of a process, which has set `RLIMIT_RTTIME`."""
        try:
            await _ask(process, threads)
        except BusError as error:
            self.text = f"usual: {error}"
            log.info("no real-time priority: %s (%r)", error, error.__cause__)
        else:
            self.text = "real-time, by RealtimeKit"


async def _ask(process: int, threads: tuple[int, ...]) -> None:
    if sys.platform != "linux":
        raise BusError("RealtimeKit is Linux's")
    from jeepney import DBusAddress

    from voip.engine.desktop.bus import Bus

    place = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
    bus = await Bus.system()
    try:
        for thread in threads:
            await bus.call(place, "MakeThreadRealtimeWithPID", "ttu", process, thread, _PRIORITY)
    finally:
        await bus.close()
