"""`offhook trace` shows messages, and masks what opens accounts and keys."""

from __future__ import annotations

import asyncio
import re
import signal
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conftest import NewPhone
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer, own_host, registrar
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.standin.engine import StandIn
from voip.client.stream import Client
from voip.protocol.phone import Subscribe
from voip.protocol.sound import GetDevices
from voip.protocol.worker.process import WatchSip

_CHALLENGE = 'WWW-Authenticate: Digest realm="pbx.test", nonce="n0nceOfTheServer", algorithm=MD5'


def _strict(connection: Connection, message: sip.Message) -> None:
    """Ask for a password, then answer busy."""
    if message.method == "REGISTER" and not message.all("Authorization"):
        connection.send(sip.response(message, 401, "Unauthorized", extra=(_CHALLENGE,)))
    elif message.method == "INVITE":
        connection.send(sip.response(message, 486, "Busy Here"))
    else:
        registrar(connection, message)


@asynccontextmanager
async def _tracing(phone: Phone, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The real command, from its first word until Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("offhook")), "trace", *words,
        env=phone.environment | {"PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    assert b"secrets masked" in await process.stderr.readline()
    yield process
    process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    assert process.returncode == 130
    assert said.strip() == b"", "no traceback reaches a person"


async def _read(process: asyncio.subprocess.Process, last: str) -> str:
    """Output up to a message whose first line begins with `last`."""
    assert process.stdout is not None
    text = ""
    while f"\n  {last}" not in text or not text.endswith("\n\n"):
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        assert line, text
        text += line.decode()
    return text


def _secrets_of(connection: Connection) -> list[str]:
    """Digest responses and SRTP keys that nobody but the server may read."""
    said = [m for m in connection.messages if m.method in ("REGISTER", "INVITE")]
    answers = [re.search(r'response="(\w+)"', v) for m in said for v in m.all("Authorization")]
    keys = [key for m in said for key in re.findall(r"inline:([^|\s]+)", m.body)]
    return [answer[1] for answer in answers if answer] + keys


async def test_a_registration_and_a_call_are_told_without_their_secrets(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()
    server = HostileServer(host, _strict, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    async with _tracing(phone) as process:
        await phone.add_secure("alice", host, server.port, authority.file)
        await phone.until_registered("alice")
        await phone.until_logged(await phone.call("bob"))
        text = await _read(process, "ACK sip:")
    await server.stop()
    assert f"sent over TLS to {host}:{server.port} ({host}, verified)\n  REGISTER sip:" in text
    assert f"received over TLS from {host}:{server.port} ({host}, verified)\n  SIP/2.0 401" in text
    assert "\n  SIP/2.0 200 OK\n" in text
    assert "\n  SIP/2.0 486 Busy Here\n" in text
    assert "\n  Authorization: [masked]\n" in text
    assert "\n  a=crypto:1 AEAD_AES_256_GCM [masked]\n" in text
    secrets = _secrets_of(server.connections[0])
    assert len(secrets) >= 1 + 4, "an answer to the challenge, and four keys"
    for secret in (*secrets, "secret-alice", "n0nceOfTheServer"):
        assert secret not in text


async def test_a_file_of_a_trace_is_for_its_owner_alone(
    new_phone: NewPhone, authority: Authority, place: Path
) -> None:
    host = own_host()
    server = HostileServer(host, registrar, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    output = place / "trace.txt"
    async with _tracing(phone, "--output", str(output)) as process:
        await phone.add_secure("alice", host, server.port, authority.file)
        ended = asyncio.ensure_future(process.wait())
        while "SIP/2.0 200" not in output.read_text() and not ended.done():
            # No event reports another process's output.
            await asyncio.wait({ended}, timeout=0.05)
        assert not ended.done()
        ended.cancel()
    await server.stop()
    assert stat.S_IMODE(output.stat().st_mode) == 0o600


async def test_a_file_that_is_there_is_left_alone(new_phone: NewPhone, place: Path) -> None:
    phone = await new_phone()
    output = place / "trace.txt"
    output.write_text("mine")
    _, said = await phone.run("trace", "--output", str(output), status=1)
    assert said == f"offhook: {output}: is there already: name a new file\n"
    assert output.read_text() == "mine"


async def test_workers_tell_only_while_somebody_listens(standin: StandIn) -> None:
    await standin.add_account("work")
    hub = standin.engine.hub
    nobody = asyncio.Event()
    hub.when_listeners_change(lambda: None if hub.wants_sip else nobody.set())

    async def switched() -> list[bool]:
        # A worker that has answered this has handled the orders before it.
        await standin.client.ask(GetDevices())
        orders = standin.script.orders
        return [order.on for order in orders if isinstance(order, WatchSip)]

    assert await switched() == []
    async with await Client.connect() as follower:
        await follower.ask(Subscribe(sip=True))
        assert await switched() == [True]
    await asyncio.wait_for(nobody.wait(), 20)
    assert await switched() == [True, False]
