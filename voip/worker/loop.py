"""Loop of a worker: read orders, let PJSIP work, write events."""

from __future__ import annotations

import sys

import pjsua2 as pj

from voip.native import mark
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import AnyWorkerCommand, Configure, Done, Order, Quit
from voip.worker.errors import Refused
from voip.worker.link import EngineGone, Link
from voip.worker.orders import execute
from voip.worker.outbox import Outbox
from voip.worker.phone import Phone
from voip.worker.ringer.ringer import Ringer

_INSECURE = 171142
"""PJSIP_ESESSIONINSECURE of patch 0032, for a session that is not sent."""


class Worker:
    """Server of one engine with one phone, or with a ringer."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._outbox = Outbox()
        self._phone: Phone | Ringer | None = None
        self._quitting = False

    def run(self) -> int:
        """Serve until `Quit` or the end of the engine; return the exit status."""
        try:
            self._serve()
        except EngineGone as error:
            print(f"worker: {error}", file=sys.stderr)
        except mark.UnsuitableLibrary as error:
            print(error, file=sys.stderr)
            return 3
        except Exception:
            import traceback  # slow to load, and of no use to a start

            traceback.print_exc()
            self._close()
            return 1
        self._close()
        return 1 if self._has_failed() else 0

    def _serve(self) -> None:
        while not self._quitting and not self._has_failed():
            for order in self._link.orders():
                self._obey(order)
            self._flush()
            if self._phone is None:
                self._link.wait()
            else:
                self._phone.turn(self._link.fileno(), self._flush)

    def _obey(self, order: Order) -> None:
        error = None
        try:
            self._execute(order.command)
        except Refused as refusal:
            error = str(refusal)
        except pj.Error as failure:
            error = _pjsip_words(failure)
        self._outbox.send(Done(id=order.id, error=error))

    def _execute(self, command: AnyWorkerCommand) -> None:
        match command:
            case Configure(role=Role.RINGER):
                self._phone = Ringer(self._outbox, command)
            case Configure():
                self._phone = Phone(self._outbox, command)
            case Quit():
                self._quitting = True
            case _ if self._phone is None:
                raise Refused("the worker is not configured yet")
            case _ if isinstance(self._phone, Ringer):
                self._phone.execute(command)
            case _:
                execute(self._phone, command)

    def _has_failed(self) -> bool:
        return self._phone is not None and self._phone.context.failure is not None

    def _flush(self) -> None:
        self._outbox.flush(self._link.send)

    def _close(self) -> None:
        if self._phone is not None:
            self._phone.close(self._say_goodbye)

    def _say_goodbye(self) -> None:
        try:
            self._flush()
        except EngineGone:
            self._outbox.clear()


def _pjsip_words(error: pj.Error) -> str:
    if error.status == _INSECURE:
        return "not sent: the phone's own session would have had voice without encryption"
    return str(error.reason)[:512]
