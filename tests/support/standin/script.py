"""The script of scripted workers: answers of servers, and held commands."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import keyring
from keyring.backend import KeyringBackend

from tests.support.attached import PATIENCE_S
from tests.support.standin import facts
from voip.causes import Cause
from voip.engine.errors import Refusal
from voip.protocol.trust import ServerReport
from voip.protocol.worker.accounts import AccountSetup
from voip.protocol.worker.base import Role, WorkerCommand
from voip.protocol.worker.calls import StartCall
from voip.protocol.worker.people import PublishEnded
from voip.protocol.worker.process import AnyWorkerCommand

if TYPE_CHECKING:
    from tests.support.standin.worker import ScriptedWorker

_Command = TypeVar("_Command", bound=WorkerCommand)

PUBLISHED = PublishEnded(number=0, account="", code=200)
"""Answer of a server that takes a state; it has no time of its own for it."""

TRIAL = "trial"
"""Name in scripts of an account that is tried before it is saved."""


class _LockedKeyring(KeyringBackend):
    """A keyring that stays locked."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError("locked")

    def delete_password(self, service: str, username: str) -> None:
        raise RuntimeError("locked")


def lock_keyring() -> None:
    """Lock the keyring until the stand-in ends."""
    keyring.set_keyring(_LockedKeyring())  # type: ignore[no-untyped-call]


class Held:
    """Held commands, and whether one has arrived."""

    def __init__(self) -> None:
        self._come = asyncio.Event()
        self._released = asyncio.Event()

    async def come(self) -> None:
        await self._come.wait()

    def release(self) -> None:
        self._released.set()

    async def passes(self) -> None:
        self._come.set()
        await self._released.wait()


@dataclass(frozen=True)
class Registrar:
    """A server's answers to an account's REGISTER.

    `cause` refuses the connection; `silent` never answers.
    """

    code: int = 200
    reason: str = "OK"
    cause: Cause | None = None
    silent: bool = False


@dataclass
class Script:
    """The script of every worker of a stand-in, and the commands it received.

    `registrars` are by account, `registrars_at` by address, which go first;
    `shown` is the chain of a TLS server by its name, or why it shows none;
    `refused` are refused commands, with the worker's words; `hold_refusal` is the
    far ends' answer to a hold or resume, None to agree; `microphone` is the level of
    what a test of the microphone hears, `text_answer` the far end's to a text,
    `publish_answer` a server's to a PUBLISH, None for no answer.
    """

    registrars: dict[str, Registrar] = field(default_factory=dict)
    registrars_at: dict[str, Registrar] = field(default_factory=dict)
    shown: dict[str, ServerReport | Refusal] = field(default_factory=dict)
    orders: list[AnyWorkerCommand] = field(default_factory=list)
    started: list[ScriptedWorker] = field(default_factory=list)
    refused: dict[type[WorkerCommand], str] = field(default_factory=dict)
    hold_refusal: tuple[int, str] | None = None
    text_answer: tuple[int, str] = (200, "OK")
    publish_answer: PublishEnded | None = PUBLISHED
    _holding: dict[type[WorkerCommand], Held] = field(default_factory=dict)
    microphone: float = 0.25
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def called(self) -> list[str]:
        """Return the URIs that workers were asked to call, in order."""
        return [order.uri for order in self.of_kind(StartCall)]

    def hold(self, kind: type[WorkerCommand]) -> Held:
        """Hold every command of a kind in its worker until it is released."""
        return self._holding.setdefault(kind, Held())

    async def reaches(self, command: AnyWorkerCommand) -> None:
        """Record a command that reached a worker, and wait if its kind is held."""
        async with self._news:
            self.orders.append(command)
            self._news.notify_all()
        if (held := self._holding.get(type(command))) is not None:
            await held.passes()

    def of_kind(self, kind: type[_Command], since: int = 0) -> list[_Command]:
        """Return the commands of a kind after a position in `orders`."""
        return [order for order in self.orders[since:] if isinstance(order, kind)]

    async def until(self, kind: type[_Command], count: int = 1, since: int = 0) -> list[_Command]:
        """Return the commands of a kind, once `count` of them reached workers."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(lambda: len(self.of_kind(kind, since)) >= count)
        except TimeoutError:
            raise AssertionError(f"not {count} × {kind.__name__}: {self.orders[since:]}") from None
        return self.of_kind(kind, since)

    def worker(self, role: Role) -> ScriptedWorker:
        """Return the phone's running worker of a role, none of a trial."""
        running = [w for w in self.started if w.role is role and w.returncode is None]
        return next(worker for worker in reversed(running) if not worker.is_trial)

    def server(self, host: str) -> ServerReport | Refusal:
        """Return the chain that `host` shows: trusted, unless a test changed it."""
        return self.shown.get(host, facts.server(host))

    def registrar(self, setup: AccountSetup) -> Registrar:
        """Return an account's registrar; a trial asks the same server."""
        name = setup.name
        if setup.trial:
            accounts = [account for worker in self.started for account in worker.accounts.values()]
            same = [a.name for a in accounts if not a.trial and a.user == setup.user]
            name = same[0] if same else TRIAL
        usual = self.registrars.get(name, Registrar())
        return self.registrars_at.get(setup.target.address, usual)
