"""A server that is called, and says that it is busy."""

from __future__ import annotations

from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer, registrar


def busy(connection: Connection, message: sip.Message) -> None:
    registrar(connection, message)
    if message.method == "INVITE":
        connection.send(sip.response(message, 486, "Busy Here"))


def invites(server: HostileServer) -> list[sip.Message]:
    """All calls that have reached a server."""
    messages = [m for connection in server.connections for m in connection.messages]
    return [m for m in messages if m.method == "INVITE"]
