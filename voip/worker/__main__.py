"""`python -m voip.worker FD`: serve the engine on the socket FD."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys

from voip.security import hardening
from voip.worker.media import realtime
from voip.worker.media.devices import pulse


def _prepare_process() -> None:
    # A core dump or a debugger would reveal passwords and SRTP keys.
    hardening.harden()
    # The engine decides when a worker ends; Ctrl-C in its terminal does not.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Sound libraries that look for a JACK server would fill the log.
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    os.environ.setdefault("JACK_NO_AUDIO_RESERVATION", "1")
    pulse.expect_a_forwarded_socket(os.environ)
    realtime.limit()
    # PJSIP logs with stdio: without line buffering the engine reads it late.
    libc = ctypes.CDLL(None)
    try:
        stdout = ctypes.c_void_p.in_dll(libc, "stdout")
    except ValueError:  # macOS has another name for it
        stdout = ctypes.c_void_p.in_dll(libc, "__stdoutp")
    libc.setvbuf(stdout, None, 1, 0)
    # PJSIP's objects must be freed on this thread, between its turns.
    gc.disable()


def main() -> int:
    _prepare_process()
    link_socket = socket.socket(fileno=int(sys.argv[1]))
    try:
        from voip.worker.loop import Worker
    except ImportError as error:
        print(f"pjsua2 cannot be loaded: {error}. Run ./offhook to build it.", file=sys.stderr)
        return 3
    from voip.worker.link import Link

    # The collection of each second would visit every object of every module.
    gc.freeze()
    return Worker(Link(link_socket)).run()


if __name__ == "__main__":
    sys.exit(main())
