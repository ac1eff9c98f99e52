"""A disk that is full: nothing is lost that was there, and all goes on when there is room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.disks import SmallDisk, prefix
from tests.support.parts import Parts
from tests.support.peers import sip
from tests.support.peers.hostile import own_host
from tests.support.peers.manycalls import Server
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.client.errors import CommandFailed
from voip.model import LogEntry, Outcome
from voip.protection import Transport
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import GetHistory, HistoryPage, LogEvent
from voip.protocol.people import AddContact, GetMessages, MessageEvent, Messages
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import ChangeSettings

FULL = "[Nn]o space left on device|disk is full"


@dataclass
class Ground:
    """A phone on a small disk, registered with a server."""

    phone: Phone
    server: Server
    disk: SmallDisk

    async def text(self, words: str) -> int:
        """Send the phone a text; the status of the answer."""
        answer = await self.server.ask(
            self.server.dialog(), "MESSAGE", body=words, extra=("Content-Type: text/plain",)
        )
        return answer.status

    async def texts(self) -> list[str]:
        page = await self.phone.client.get(GetMessages(), Messages)
        return [message.text for message in page.messages]

    async def refused_call(self) -> None:
        """Place a call that the server refuses."""
        await self.phone.call("200")

    async def log(self) -> list[LogEntry]:
        page = await self.phone.client.get(GetHistory(), HistoryPage)
        return list(page.entries)


@pytest.fixture
async def ground(place: Path, authority: Authority) -> AsyncIterator[Ground]:
    host = own_host()
    leaf = authority.issue(host, addresses=[host])
    async with Parts() as parts:
        server = await parts.begin(Server(host, Transport.TLS, leaf))
        folder = place / "p"
        phone = await parts.begin(Phone(folder, prefix=prefix(folder)))
        assert phone.process is not None
        made = Ground(phone, server, SmallDisk(phone.process.pid, folder))

        def refuse(message: sip.Message) -> None:
            if message.method == "INVITE":
                server.send(sip.response(message, 486, "Busy Here"))

        server.on_request = refuse
        # An authority that the phone has copied would be on its own disk.
        await phone.add_secure("alice", host, server.port, authority.file)
        await phone.until_registered("alice")
        yield made
        await phone.stop()
        assert b"Traceback" not in phone.stderr


async def test_a_text_is_accepted_only_once_it_is_on_the_disk(ground: Ground) -> None:
    assert await ground.text("before") == 200
    ground.disk.fill()
    assert await ground.text("lost " * 800) == 503
    notice = await ground.phone.until(NoticeEvent, lambda e: "could not be kept" in e.text)
    assert notice.text == (
        "a text could not be kept, and its sender was told so: is the disk full?"
    )
    assert await ground.texts() == ["before"]
    ground.disk.make_room()
    assert await ground.text("after") == 200
    await ground.phone.until(MessageEvent, lambda e: e.message.text == "after")
    assert sorted(await ground.texts()) == ["after", "before"]


async def test_a_call_goes_on_without_its_row_and_the_next_one_has_one(ground: Ground) -> None:
    await ground.refused_call()
    await ground.phone.until(LogEvent, lambda e: e.entry.outcome is Outcome.BUSY)
    before = await ground.log()
    ground.disk.fill()
    await ground.phone.run("call", "x" * 200, "--wait", status=1)
    await ground.phone.until(NoticeEvent, lambda e: "cannot be written" in e.text)
    assert await ground.log() == before
    ground.disk.make_room()
    position = len(ground.phone.events)
    await ground.refused_call()
    await ground.phone.until(LogEvent, lambda e: e.entry.outcome is Outcome.BUSY, position)
    assert (await ground.log())[1:] == before


async def test_settings_accounts_and_contacts_stay_as_they_were(ground: Ground) -> None:
    phone, disk = ground.phone, ground.disk
    await phone.client.ask(ChangeSettings(changes={"calls.do_not_disturb": True}))
    await phone.client.ask(AddContact(name="Bob", number="200"))
    config = disk.path("config")
    before = {path: path.read_bytes() for path in config.rglob("*") if path.is_file()}
    assert len(before) >= 3
    disk.fill()
    changes = (
        ChangeSettings(changes={"calls.do_not_disturb": False}),
        EditAccount(name="alice", fields={"display_name": "Alice"}),
        AddContact(name="Carol", number="300"),
    )
    for change in changes:
        with pytest.raises(CommandFailed, match=FULL) as failed:
            await phone.client.ask(change)
        assert "None" not in str(failed.value)
    (config / "filler").unlink()
    assert {path: path.read_bytes() for path in config.rglob("*") if path.is_file()} == before
    disk.path("state/filler").unlink()
    position = len(phone.events)
    for change in changes:
        await phone.client.ask(change)
    assert (await phone.json("people", "Carol"))["contacts"][0]["name"] == "Carol"
    await phone.until_registered("alice", position)
