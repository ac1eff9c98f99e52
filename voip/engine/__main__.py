"""`python -m voip.engine [--foreground]`: run the engine in this process."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from voip import paths as places
from voip.engine.engine import Engine
from voip.engine.files import log_file, permissions
from voip.engine.files.lock_file import AlreadyRunning, Locks
from voip.engine.history.log import HistoryError
from voip.engine.serving import Serving
from voip.security import hardening

log = logging.getLogger("voip.engine")


def main(foreground: bool) -> int:
    """Run until stopped; return the exit status, with failures on stderr."""
    hardening.harden()
    paths = places.find()
    with Locks(paths) as locks:
        try:
            permissions.make_folders(paths)
            mended = permissions.mend(paths)
            places.check_socket(paths.socket)
            locks.take()
            log_file.start(paths.log, foreground)
        except (AlreadyRunning, places.UnsafePath, OSError) as error:
            print(f"offhook: the engine cannot start: {error}", file=sys.stderr)
            return 3
        for words in mended:
            log.warning("%s", words)
        try:
            asyncio.run(_run(paths, locks))
        except (HistoryError, OSError) as error:
            log.error("the engine ends: %s", error)
            print(f"offhook: the engine cannot run: {error}", file=sys.stderr)
            return 1
        except Exception:
            log.exception("the engine failed")
            print(f"offhook: the engine failed; {paths.log} has the details", file=sys.stderr)
            return 1
    return 0


async def _run(paths: places.Paths, locks: Locks) -> None:
    engine = Engine(paths)
    serving = Serving(engine, locks)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop_soon)
    # A closing terminal must not stop the engine.
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    await serving.start()
    await serving.run()


if __name__ == "__main__":
    sys.exit(main("--foreground" in sys.argv[1:]))
