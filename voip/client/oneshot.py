"""One command and its answer, without an event loop.

Importing asyncio would take longer than the engine's answer.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TypeVar

import msgspec

from voip import paths as places
from voip.client.errors import CommandFailed, NoEngine
from voip.client.starting import reach
from voip.protocol.client import AnyCommand, ErrorInfo, Reply, Request
from voip.protocol.framing import MAX_REPLY, Decoder, FramingError, encode

_Data = TypeVar("_Data")

_ANSWER_TIMEOUT_S = 60.0


def ask(command: AnyCommand, start: bool = True) -> None:
    """Send one command and wait until it is accepted.

    Raises:
        NoEngine: there is none, and none was to be or could be started.
        CommandFailed: the engine refused.
    """
    _exchange(command, start)


def get(command: AnyCommand, kind: type[_Data], start: bool = True) -> _Data:
    """Send one command whose reply carries data of `kind`.

    Raises:
        NoEngine, CommandFailed: as `ask`.
    """
    return msgspec.json.decode(_exchange(command, start), type=kind)


def _exchange(command: AnyCommand, start: bool) -> msgspec.Raw:
    with contextlib.closing(_connected(start)) as connection:
        try:
            connection.sendall(_request(command))
            with connection.makefile("rb") as lines:
                line = lines.readline(MAX_REPLY)
            reply = Decoder[Reply](Reply).decode(line)
        except (OSError, FramingError) as error:
            raise NoEngine(f"the engine ended the connection: {error}") from error
    if reply.error is not None:
        raise CommandFailed(reply.error)
    return reply.data


def _request(command: AnyCommand) -> bytes:
    try:
        return encode(Request(id=1, command=command))
    except FramingError as error:
        raise CommandFailed(ErrorInfo(kind="bad_request", message=str(error))) from error


def _connected(start: bool) -> socket.socket:
    path = str(places.find().socket)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_ANSWER_TIMEOUT_S)
    try:
        connection.connect(path)
    except OSError:
        try:
            connection.connect(str(reach(start)))
        except NoEngine:
            connection.close()
            raise
        except OSError as error:
            connection.close()
            raise NoEngine(f"the engine does not answer: {error}") from error
    return connection
