"""`python -m voip.engine [--foreground]`: run the engine in this process."""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
from collections.abc import Iterable

from voip import paths as places
from voip.engine.files import permissions
from voip.engine.files.lock_file import AlreadyRunning, Locks
from voip.engine.workers.spare import Spare
from voip.security import hardening

log = logging.getLogger("voip.engine")


def main(foreground: bool) -> int:
    """Run until stopped; return the exit status, with failures on stderr."""
    # The collector would look for garbage in modules that are being loaded.
    gc.disable()
    hardening.harden()
    paths = places.find()
    with Locks(paths) as locks, contextlib.closing(Spare()) as spare:
        try:
            permissions.make_folders(paths)
            mended = permissions.mend(paths)
            places.check_socket(paths.socket)
            locks.take()
            # It loads its modules while the engine loads its own, from here on.
            spare.start()
            from voip.engine.files import log_file

            log_file.start(paths.log, foreground)
        except (AlreadyRunning, places.UnsafePath, OSError) as error:
            print(f"offhook: the engine cannot start: {error}", file=sys.stderr)
            return 3
        return _run(paths, locks, spare, mended)


def _run(paths: places.Paths, locks: Locks, spare: Spare, mended: Iterable[str]) -> int:
    import asyncio

    from voip.engine.history.log import HistoryError
    from voip.engine.serving import serve

    gc.freeze()
    gc.enable()
    for words in mended:
        log.warning("%s", words)
    try:
        asyncio.run(serve(paths, locks, spare))
    except (HistoryError, OSError) as error:
        log.error("the engine ends: %s", error)
        print(f"offhook: the engine cannot run: {error}", file=sys.stderr)
        return 1
    except Exception:
        log.exception("the engine failed")
        print(f"offhook: the engine failed; {paths.log} has the details", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("--foreground" in sys.argv[1:]))
