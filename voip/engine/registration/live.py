"""Running account, and its state as clients get it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime

from voip import routing
from voip.causes import Cause
from voip.choices import AutoAnswer
from voip.engine.accounts.fields import Account
from voip.engine.registration.targets import Targets
from voip.engine.trust import expiry
from voip.model import AccountStatus, Publication, Registration, RegistrationState, Voicemail
from voip.protection import Sign, TlsStatus, Transport
from voip.protocol.worker.accounts import IceServers, OwnKey, Target
from voip.protocol.worker.base import Role
from voip.security import policy
from voip.security.lock_facts import AccountFacts, ConnectionFacts
from voip.security.policy import DEMANDS

_OFFLINE = Registration(state=RegistrationState.OFFLINE)
_UNREACHED = 503
"""Status by which PJSIP reports a connection that failed."""


@dataclass
class Live:
    """Account with the state of its registration.

    `refusal` is the cause against the last connection, `doubtful` one before another
    came up that may be another account's. `stopped` is the cause that holds the account
    until its user has decided. `awaited`: it has not registered since a person started
    it. `client_ends` is the end of its client certificate, `own_key` the key that its
    worker shows far ends. `aimed` is the target
    that its worker has, `here` this machine's address towards it; `ice_servers` are
    those that its worker has, `ice_search` is the last search for others. A `moved`
    account has another address of this machine than its calls. A `dropped` account
    is over: another may have its name by now.
    """

    name: str
    account: Account | None
    problem: str | None = None
    added: bool = False
    dropped: bool = False
    moved: bool = False
    registration: Registration = _OFFLINE
    connection: int | None = None
    tls: TlsStatus | None = None
    failures: int = 0
    awaited: bool = True
    targets: Targets = field(default_factory=Targets)
    aimed: Target | None = None
    here: str | None = None
    ice_servers: IceServers | None = None
    ice_search: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    refusal: Cause | None = None
    doubtful: Cause | None = None
    stopped: Cause | None = None
    client_ends: datetime | None = None
    own_key: OwnKey | None = None
    voicemail: Voicemail | None = None
    publication: Publication | None = None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def role(self) -> Role:
        account = self.account
        tls_only = account is None or DEMANDS[account.transport].tls_only
        return Role.SECURE if tls_only else Role.OPEN

    @property
    def distrusted(self) -> bool:
        """Report if the last connection was refused for the server's certificate."""
        return self.refusal is not None and self.refusal.of_trust

    def refusal_of(self, code: int) -> Cause | None:
        """Return the cause against the server of a request that ended without a connection."""
        # Without the doubtful one a distrusted server would be one that cannot be reached.
        return self.refusal or (self.doubtful if code == _UNREACHED else None)

    def is_of(self, name: str) -> bool:
        """Report if its server or domain, with a target in use, has a name or address."""
        account = self.account
        if account is None or self.aimed is None:
            return False
        names = (account.next_hop_parts[0].lower(), account.ascii_domain.lower())
        return name in names or (self.aimed.address != name and self.targets.lead_to(name))

    @property
    def is_registered(self) -> bool:
        """True if its server has it registered."""
        return self.registration.state is RegistrationState.REGISTERED

    def goes_on_as(self, account: Account | None, problem: str | None) -> bool:
        """Report if a change of the account leaves it as it is in its worker."""
        if self.account is None or account is None:
            return self.account == account and self.problem == problem
        return self.problem == problem and self.account.is_same_line(account)

    def aim(self, target: Target) -> None:
        """Note the target that the worker has from now on."""
        self.aimed = target
        self.here = routing.local_address(target.address, target.port)

    def status(self) -> AccountStatus:
        account = self.account
        return AccountStatus(
            name=self.name,
            aor=account.aor if account else "",
            transport=account.transport if account else Transport.TLS,
            enabled=account.enabled if account else False,
            registration=self.registration,
            tls=self.tls,
            problem=self.problem,
            voicemail=self.voicemail,
            warning=expiry.warning(self.tls, self.client_ends, time.time()),
            distrusted=self.distrusted,
            forwarding=account.forwarding if account and account.enabled else None,
            auto_answer=account.auto_answer if account and account.enabled else AutoAnswer.OFF,
            sign=self._sign(),
            country=account.plan.country if account else "",
            codes=account.codes if account and account.enabled else None,
            publication=self.publication if self.is_registered else None,
        )

    def _sign(self) -> Sign | None:
        account, tls = self.account, self.tls
        if account is None or not account.enabled:
            return None
        return policy.account_sign(
            AccountFacts(
                account_transport=account.transport,
                in_secure_worker=self.role.tls_only,
                distrusted=self.distrusted,
                connection=None
                if tls is None
                else ConnectionFacts(
                    up=True,
                    transport=Transport.TLS,
                    verified=tls.verified,
                    version=tls.version,
                    server=account.next_hop_parts[0],
                ),
            )
        )
