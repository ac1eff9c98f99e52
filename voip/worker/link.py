"""Worker's end of the socket to its engine."""

from __future__ import annotations

import re
import select
import socket

from voip.protocol.framing import MAX_REPLY, Decoder, FramingError, LineSplitter, encode
from voip.protocol.worker.base import WorkerReport
from voip.protocol.worker.process import Order
from voip.security.text import change_texts

_SURROGATES = re.compile("[\ud800-\udfff]")


class EngineGone(Exception):
    """End of the connection to the engine, which ends the worker."""


class Link:
    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._splitter = LineSplitter()
        self._decoder: Decoder[Order] = Decoder(Order)

    def fileno(self) -> int:
        """File that can be read when there are orders, or the engine has ended."""
        return self._socket.fileno()

    def wait(self) -> None:
        """Wait for an order, or the end of the engine."""
        select.select([self._socket], [], [])

    def orders(self) -> list[Order]:
        """Commands of the engine since the last call; never waits.

        Raises:
            EngineGone: the engine ended, or speaks another protocol.
        """
        orders = []
        while select.select([self._socket], [], [], 0)[0]:
            try:
                data = self._socket.recv(65536)
            except OSError as error:
                raise EngineGone(str(error)) from error
            if not data:
                raise EngineGone("the engine closed the connection")
            for line in self._splitter.feed(data):
                if line is None:
                    raise EngineGone("the engine sent a line over the limit")
                try:
                    orders.append(self._decoder.decode(line))
                except FramingError as error:
                    raise EngineGone(f"the engine sent an unknown order: {error}") from error
        return orders

    def send(self, event: WorkerReport) -> None:
        """Write one event; bytes that are not UTF-8 are replaced.

        Raises:
            EngineGone: the engine has closed the socket.
        """
        try:
            self._socket.sendall(encode(change_texts(event, _as_unicode), MAX_REPLY))
        except OSError as error:
            raise EngineGone(str(error)) from error


def _as_unicode(text: str) -> str:
    # SWIG keeps bytes that are not UTF-8 as lone surrogates, which cannot be encoded.
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
