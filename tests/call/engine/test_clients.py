"""The socket: many clients, bad clients, and clients that do not read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NewPhone
from tests.support.phone import Phone
from voip.client.stream import Client
from voip.engine.hub import Hub
from voip.engine.server import Server
from voip.model import CallState, Status
from voip.protocol.calls import CallEvent, HangUp, Mute
from voip.protocol.client import AnyCommand
from voip.protocol.framing import MAX_LINE
from voip.protocol.phone import GetStatus, Snapshot, Subscribe


class Raw:
    """A client that sends any bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, phone: Phone) -> Raw:
        return cls(*await asyncio.open_unix_connection(str(phone.socket), limit=1 << 23))

    async def send(self, line: bytes) -> Any:
        self.writer.write(line + b"\n")
        return json.loads(await asyncio.wait_for(self.reader.readline(), 20))


async def _other_client(phone: Phone) -> Client:
    return Client(*await asyncio.open_unix_connection(str(phone.socket), limit=1 << 23))


BAD_LINES = {
    "no JSON": b"hello",
    "not UTF-8": b'{"id":1,"command":{"do":"\xff\xfe"}}',
    "an array": b"[1,2,3]",
    "no id": b'{"command":{"do":"status"}}',
    "no command": b'{"id":7}',
    "unknown command": b'{"id":7,"command":{"do":"fly"}}',
    "unknown field": b'{"id":7,"command":{"do":"status","x":1}}',
    "wrong type": b'{"id":7,"command":{"do":"hold","call":3}}',
    "deep": b'{"id":7,"command":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
}


@pytest.mark.parametrize("kind", list(BAD_LINES))
async def test_a_bad_line_gets_an_error_and_harms_nobody(new_phone: NewPhone, kind: str) -> None:
    phone = await new_phone()
    client = await Raw.connect(phone)
    reply = await client.send(BAD_LINES[kind])
    assert reply["ok"] is False
    assert reply["error"]["kind"] == "bad_request"
    if b'"id":7' in BAD_LINES[kind] and kind != "deep":
        assert reply["reply"] == 7
    # The same connection goes on.
    assert (await client.send(b'{"id":8,"command":{"do":"hello"}}'))["ok"] is True


async def test_an_oversized_line_is_dropped_and_told(new_phone: NewPhone) -> None:
    phone = await new_phone()
    client = await Raw.connect(phone)
    reply = await client.send(b"x" * (3 * MAX_LINE))
    assert reply["error"]["kind"] == "too_long"
    assert (await client.send(b'{"id":8,"command":{"do":"hello"}}'))["reply"] == 8


@pytest.mark.waits
async def test_a_client_that_reads_nothing_delays_nobody(new_phone: NewPhone) -> None:
    phone = await new_phone()
    deaf = socket.socket(socket.AF_UNIX)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(str(phone.socket))
    deaf.sendall(b'{"id":1,"command":{"do":"subscribe"}}\n')
    call = await phone.call("echo")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    # Far more than a deaf client's buffers hold, while another reads it all.
    for _ in range(3000):
        await phone.client.ask(Mute(call=call, on=True))
    muted = await phone.until_call(lambda c: c.muted)
    assert muted.id == call
    await phone.client.ask(HangUp(call=call))
    await phone.until_logged(call)
    deaf.close()
    numbers = [event.seq for event in phone.events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_twenty_clients_see_the_same(new_phone: NewPhone) -> None:
    phone = await new_phone()
    clients = [await _other_client(phone) for _ in range(20)]
    snapshots = [await c.get(Subscribe(), Snapshot) for c in clients]
    assert len({s.seq for s in snapshots}) == 1
    call = await phone.call("echo", hangup_after_s=1)
    await phone.until_logged(call)

    async def seen_by(client: Client) -> list[bytes]:
        seen = []
        async for event in client.events():
            seen.append(repr(event).encode())
            if isinstance(event.event, CallEvent) and event.event.call.state == "ended":
                return seen
        raise AssertionError("the engine ended")

    all_seen = await asyncio.wait_for(asyncio.gather(*map(seen_by, clients)), 30)
    assert all(seen == all_seen[0] for seen in all_seen)
    for client in clients:
        await client.__aexit__(None, None, None)


async def test_a_snapshot_continues_with_the_next_event(new_phone: NewPhone) -> None:
    phone = await new_phone()
    call = await phone.call("echo")
    await phone.until_state(call, CallState.ACTIVE)
    late = await _other_client(phone)
    snapshot = await late.get(Subscribe(), Snapshot)
    assert snapshot.status.calls[0].id == call
    await phone.client.ask(Mute(call=call, on=True))
    async for event in late.events():
        assert event.seq == snapshot.seq + 1
        break
    await late.__aexit__(None, None, None)


async def test_folder_and_socket_are_private(new_phone: NewPhone) -> None:
    phone = await new_phone()
    assert stat.S_IMODE(phone.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(phone.socket.parent.stat().st_mode) == 0o700
    for name in ("history.db", "engine.log"):
        assert stat.S_IMODE((phone.folder / "state" / name).stat().st_mode) == 0o600


async def test_another_user_is_turned_away(new_phone: NewPhone) -> None:
    phone = await new_phone()
    # Refused even where the file permissions would let them in.
    for folder in (phone.socket.parent, phone.folder, phone.folder.parent):
        folder.chmod(0o755)
    phone.socket.chmod(0o666)
    script = (
        "import os,socket,sys; os.setgid(65534); os.setuid(65534)\n"
        "s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
        "try:\n"
        '  s.sendall(b\'{"id":1,"command":{"do":"status"}}\\n\')\n'
        "  data=s.recv(100)\n"
        "except ConnectionError: data=b''\n"
        "print(len(data))"
    )
    # Only root can become another user; the set-up of the checks needs it as well.
    become = [] if os.getuid() == 0 else ["sudo", "-n"]
    process = await asyncio.to_thread(
        subprocess.run, [*become, "python3", "-c", script, str(phone.socket)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.stdout.strip() == "0", process
    assert await phone.client.get(GetStatus(), Status)


async def test_a_peer_of_another_number_is_turned_away(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(command: AnyCommand) -> None:
        raise AssertionError(f"a stranger was heard: {command}")

    server = Server(place / "s", Hub(), answer)
    await server.start()
    stranger = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: stranger)
    reader, writer = await asyncio.open_unix_connection(str(place / "s"))
    writer.write(b'{"id":1,"command":{"do":"hello"}}\n')
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    await server.stop()


async def test_a_second_engine_refuses_to_start(new_phone: NewPhone) -> None:
    phone = await new_phone()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voip.engine", env=phone.environment,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    assert process.returncode == 3
    assert b"an engine is running already" in err
    assert (await phone.status()).engine.pid
