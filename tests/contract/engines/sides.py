"""The stand-in and the real engine, each with a server and a far end.

The same tests run on both, with the same methods for server and far end.
"""

from __future__ import annotations

import os
import signal
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from tests.support.attached import Attached
from tests.support.network.ports import free_port
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import own_host
from tests.support.phone import Phone
from tests.support.pki import Authority
from tests.support.standin.engine import StandIn
from voip.causes import CauseKind
from voip.model import CallState, RegistrationState
from voip.protocol.accounts import AccountEvent, AddAccount
from voip.protocol.people import MessageEvent
from voip.texts import TextMessage

ACCOUNT = "work"
BOB = '"Bob" <sip:bob@example.com>'


class Side(ABC):
    """An engine with its server and far end; accounts are at `host:port`."""

    engine: Attached
    host: str
    port: int

    @abstractmethod
    async def start(self) -> None: ...

    @abstractmethod
    async def stop(self) -> None: ...

    @property
    @abstractmethod
    def trust(self) -> dict[str, str]:
        """Return the fields with which an account trusts the server."""

    def fields(self, **more: Any) -> dict[str, Any]:
        """Return the fields of an account of alice with the server."""
        return {
            "user": "alice",
            "domain": "pbx.example.com",
            "server": f"{self.host}:{self.port}",
            **self.trust,
            **more,
        }

    async def register(self, name: str = ACCOUNT, **more: Any) -> None:
        """Add an account, and wait for the server's answer."""
        await self.engine.client.ask(AddAccount(name=name, fields=self.fields(**more)))
        settled = (RegistrationState.REGISTERED, RegistrationState.FAILED)
        await self.engine.until(
            AccountEvent,
            lambda e: e.account.name == name and e.account.registration.state in settled,
        )

    async def echo(self, **options: Any) -> str:
        """Call the echo line, and return the call once its lock is closed."""
        call = await self.engine.call("echo", **options)
        await self.engine.until_call(lambda c: c.id == call and c.lock.closed)
        return call

    @abstractmethod
    def server_says(self, code: int) -> None:
        """Set the server's answer to REGISTER from now on."""

    @abstractmethod
    def server_is_gone(self) -> None:
        """Stop the listener at the server's address."""

    @abstractmethod
    def drop_connection(self) -> None: ...

    @abstractmethod
    async def worker_dies(self) -> None: ...

    # The far end of the latest call

    @abstractmethod
    async def dial(self, target: str) -> str:
        """Make a call, and wait until the far end receives it."""

    @abstractmethod
    async def incoming(self, sender: str) -> str: ...

    @abstractmethod
    async def calls_in_vain(self, sender: str) -> tuple[int, ...]:
        """Call as a blocked caller; return all statuses of the answer, 180 too."""

    @abstractmethod
    async def writes(self, sender: str, text: str) -> TextMessage:
        """Send the phone a text, and return it as it was kept."""

    @abstractmethod
    def rings(self, call: str) -> None: ...

    @abstractmethod
    def answers(self, call: str) -> None: ...

    @abstractmethod
    def refuses(self, call: str, code: int, reason: str) -> None: ...

    @abstractmethod
    def gives_up(self, call: str) -> None: ...

    @abstractmethod
    def hangs_up(self, call: str) -> None: ...

    @abstractmethod
    def holds(self, call: str, on: bool) -> None: ...

    @abstractmethod
    def asks_for_transfer(self, call: str, refer_to: str) -> None: ...

    @abstractmethod
    def transfers(self, call: str, code: int, reason: str, last: bool) -> None:
        """Report the progress of a transfer that the phone asked for."""

    @abstractmethod
    def time_passes(self, call: str) -> None:
        """Let a second of a call pass, with its levels and statistics."""

    @abstractmethod
    def file_ends(self, call: str) -> None:
        """End the file that is played into a call."""


class StandInSide(Side):
    host = "127.0.0.1"
    port = 5061

    def __init__(self, place: Path) -> None:
        self.standin = StandIn(place / "s", audio="null")
        self.engine = self.standin

    @property
    def trust(self) -> dict[str, str]:
        return {}

    async def start(self) -> None:
        await self.standin.__aenter__()

    async def stop(self) -> None:
        await self.standin.__aexit__(None, None, None)

    def server_is_gone(self) -> None:
        self.standin.refuse_connection(ACCOUNT, CauseKind.CONNECTION_FAILED, "Connection refused")

    def server_says(self, code: int) -> None:
        self.standin.refuse_account(ACCOUNT, code, "Said")

    def drop_connection(self) -> None:
        self.standin.drop_connection(ACCOUNT)

    async def worker_dies(self) -> None:
        self.standin.worker_dies()

    async def dial(self, target: str) -> str:
        return await self.standin.call(target)

    async def incoming(self, sender: str) -> str:
        return await self.standin.incoming(ACCOUNT, sender)

    async def calls_in_vain(self, sender: str) -> tuple[int, ...]:
        return await self.standin.calls_in_vain(ACCOUNT, sender)

    async def writes(self, sender: str, text: str) -> TextMessage:
        return await self.standin.text_comes(text, ACCOUNT, sender)

    def rings(self, call: str) -> None:
        self.standin.remote_rings(call)

    def answers(self, call: str) -> None:
        self.standin.remote_answers(call)

    def refuses(self, call: str, code: int, reason: str) -> None:
        self.standin.remote_refuses(call, code, reason)

    def gives_up(self, call: str) -> None:
        self.standin.remote_hangs_up(call)

    def hangs_up(self, call: str) -> None:
        self.standin.remote_hangs_up(call)

    def holds(self, call: str, on: bool) -> None:
        self.standin.remote_holds(call, on)

    def asks_for_transfer(self, call: str, refer_to: str) -> None:
        self.standin.remote_asks_for_transfer(call, refer_to)

    def transfers(self, call: str, code: int, reason: str, last: bool) -> None:
        self.standin.refer_progress(call, code, reason, last)

    def time_passes(self, call: str) -> None:
        self.standin.levels(call, rx=0.2, tx=0.2)
        self.standin.statistics(call)

    def file_ends(self, call: str) -> None:
        self.standin.file_ends(call)


class RealSide(Side):
    def __init__(self, place: Path) -> None:
        self.host = own_host()
        self._authority = Authority(place / "pki")
        self._far = FarEnd(self.host, self._authority.issue("far", addresses=[self.host]))
        self.phone = Phone(place / "p")
        self.engine = self.phone

    @property
    def trust(self) -> dict[str, str]:
        return {"ca_file": str(self._authority.file)}

    async def start(self) -> None:
        await self._far.start()
        self.port = self._far.server.port
        await self.phone.start()

    async def stop(self) -> None:
        await self.phone.stop()
        await self._far.stop()

    def server_is_gone(self) -> None:
        self.port = free_port()

    def server_says(self, code: int) -> None:
        self._far.code = code

    def drop_connection(self) -> None:
        self._far.drop_connection()

    async def worker_dies(self) -> None:
        # The secure worker is the first that an engine starts.
        os.kill(self.phone.worker_pids()[0], signal.SIGKILL)

    async def dial(self, target: str) -> str:
        call = await self.phone.call(target)
        await self._far.invited()
        return call

    async def incoming(self, sender: str) -> str:
        position = len(self.phone.events)
        await self._far.calls(sender)
        call = await self.phone.until_call(lambda c: c.state is CallState.INCOMING, position)
        return call.id

    async def calls_in_vain(self, sender: str) -> tuple[int, ...]:
        await self._far.calls(sender)
        return await self._far.turned_away()

    async def writes(self, sender: str, text: str) -> TextMessage:
        position = len(self.phone.events)
        await self._far.writes(sender, text)
        event = await self.phone.until(MessageEvent, lambda e: e.message.unread, position)
        return event.message

    def rings(self, call: str) -> None:
        self._far.rings()

    def answers(self, call: str) -> None:
        self._far.answers()

    def refuses(self, call: str, code: int, reason: str) -> None:
        self._far.refuses(code, reason)

    def gives_up(self, call: str) -> None:
        self._far.gives_up()

    def hangs_up(self, call: str) -> None:
        self._far.hangs_up()

    def holds(self, call: str, on: bool) -> None:
        self._far.holds(on)

    def asks_for_transfer(self, call: str, refer_to: str) -> None:
        self._far.transfers(refer_to)

    def transfers(self, call: str, code: int, reason: str, last: bool) -> None:
        self._far.notifies(f"SIP/2.0 {code} {reason}", last)

    def time_passes(self, call: str) -> None:
        """Do nothing: the real engine measures by itself."""

    def file_ends(self, call: str) -> None:
        """Do nothing: a real file ends by itself."""


SIDES: dict[str, type[StandInSide] | type[RealSide]] = {
    "stand-in": StandInSide,
    "real": RealSide,
}
