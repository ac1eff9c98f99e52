"""SIP account inside a worker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeAlias

import pjsua2 as pj
from msgspec import structs

from voip.causes import Cause
from voip.protection import Transport
from voip.protocol.worker.accounts import (
    AccountSetup,
    IceServers,
    OwnKey,
    RegistrationEvent,
    RelayFailed,
    ServerSilent,
    VoicemailEvent,
)
from voip.sip.codecs import Wish
from voip.sip.messages import message, mwi
from voip.sip.messages.gruu import public_gruu
from voip.worker.accounts import privacy, refusals
from voip.worker.accounts.alias import Alias, without_registration
from voip.worker.accounts.attribution import ANONYMOUS_USER
from voip.worker.accounts.configuration import ALGORITHMS, config
from voip.worker.accounts.keepalive import Keepalive, ping_interval_s
from voip.worker.accounts.refusals import Refusal
from voip.worker.callbacks import guarded
from voip.worker.context import Context
from voip.worker.messages import texts

Receive: TypeAlias = "Callable[[Account, pj.OnIncomingCallParam], None]"
"""Receiver of an account's incoming calls."""

_EBUSY = 171001  # pjsip/sip_errno.h

_DIGESTS = {number: digest for digest, number in ALGORITHMS.items()}


class Account(pj.Account):
    def __init__(
        self,
        context: Context,
        receive: Receive,
        setup: AccountSetup,
        transport_id: int,
    ) -> None:
        super().__init__()
        self.context = context
        self.setup = setup
        self._receive = receive
        self._transport_id = transport_id
        self.connection: int | None = None
        self._moved = False
        self._is_reported = False
        self._refusal = Refusal()
        self._closed_port = Refusal()
        self._keepalive = Keepalive(
            self._ask_server,
            lambda again: self._closed_port.watch(self.setup, again=again),
            lambda: self._closed_port.seen() is not None,
        )
        self._gruu: str | None = None
        self._relay_failure: Cause | None = None
        self._anonymous = Alias(context, setup, self._take) if setup.hidden else None
        self._by_gruu: Alias | None = None

    @property
    def name(self) -> str:
        return self.setup.name

    @property
    def codecs(self) -> Wish:
        """Codecs of this account's calls."""
        return Wish(self.setup.codecs, self.setup.opus_bit_rate, self.setup.opus_dtx)

    @property
    def caller(self) -> pj.Account:
        """PJSIP's account for outgoing calls."""
        return self._anonymous or self

    @property
    def is_hidden(self) -> bool:
        """True if the far end must not learn the account's address."""
        return self.setup.hidden

    @property
    def is_connected(self) -> bool:
        """True if the connection that it registered over is up."""
        return self.context.connections.is_up(self.connection)

    def calling(self, options: pj.CallOpParam) -> pj.CallOpParam:
        """Have a call's requests to this phone sent to the GRUU, if there is one."""
        if self._gruu is not None and self._anonymous is None:
            options.txOption.contactUri = f"<{self._gruu}>"
        return options

    def called_as(self, user: str, *, for_call: bool) -> pj.Account:
        """PJSIP's account for requests to `user`."""
        if self._anonymous is not None and user == ANONYMOUS_USER:
            return self._anonymous
        by_gruu = self._by_gruu if for_call and self._gruu is not None else None
        return by_gruu or self

    def open(self) -> None:
        """Add the account to PJSIP.

        Raises:
            pj.Error: PJSIP does not accept it.
        """
        self.create(self._config())
        self.context.connections.expect(self.setup)
        if self.setup.transport is Transport.UDP and not self.setup.register:
            # Before its own first request, no answer shows where its calls come from.
            self.context.connections.answered(self.name, str(self.setup.target))
        if self._anonymous is not None:
            self._anonymous.create(privacy.config(self._config()))

    def close(self) -> None:
        """Unregister if registered, and remove the account from PJSIP."""
        self._refusal.end()
        self._closed_port.end()
        self.context.connections.forget(self.name)
        for alias in (self._anonymous, self._by_gruu):
            if alias is not None:
                alias.shutdown()
        self.shutdown()

    def register(self, hurried: bool) -> None:
        """Send a REGISTER, which fails soon where it is `hurried` and a port is closed.

        Raises:
            pj.Error: PJSIP cannot send it.
        """
        if hurried:
            self._refusal.watch(self.setup)
        self._is_reported = False
        try:
            self.setRegistration(True)
        except pj.Error as error:
            # Where it is not sent at all, PJSIP has reported that first: told once more, it
            # would count against the next target. An earlier REGISTER that still has no
            # answer is no failure: the account waits for that one.
            if not self._is_reported and error.status != _EBUSY:
                raise

    @property
    def is_calm(self) -> bool:
        """True if a message or an order comes before anything that each turn looks for."""
        return not self._refusal.is_watching

    def follow(self) -> None:
        """Do each turn's work: notice a REGISTER that reaches nobody."""
        cause = self._refusal.seen()
        if cause is not None:
            self.context.send(
                RegistrationEvent(
                    account=self.name, active=False, code=refusals.CODE, reason="", expires_s=0,
                    cause=cause,
                )
            )  # fmt: skip

    def use_own_key(self, own_key: OwnKey) -> None:
        """Use another certificate in the handshakes of later calls.

        Raises:
            pj.Error: PJSIP does not accept it.
        """
        self.setup = structs.replace(self.setup, own_key=own_key)
        self._modify()

    def use_ice_servers(self, servers: IceServers) -> None:
        """Use other servers for the media of later calls, and of calls that move.

        Raises:
            pj.Error: PJSIP does not accept it.
        """
        self._relay_failure = None
        self.setup = structs.replace(self.setup, ice_servers=servers)
        self._modify()

    def use_target(self, setup: AccountSetup, transport_id: int) -> None:
        """Send later requests to the target of `setup`, by a transport of its family.

        Raises:
            pj.Error: PJSIP does not accept it.
        """
        self._keepalive.end()
        self._refusal.end()
        self._gruu = None
        self.setup, self._transport_id = setup, transport_id
        self.context.connections.expect(setup)
        self._modify()

    def move(self) -> None:
        """Have later requests and media tell this machine's address of now.

        Raises:
            pj.Error: PJSIP does not accept it.
        """
        self._moved = True
        self.context.connections.leave(self.name)
        self.forgetRegistration()
        self._modify()

    def relay_failed(self, cause: Cause | None) -> None:
        """Report why the relay is not used, once for each cause."""
        if cause is not None and cause != self._relay_failure:
            self.context.send(RelayFailed(account=self.name, cause=cause))
        self._relay_failure = cause

    def _modify(self) -> None:
        self.modify(self._config())
        if self._anonymous is not None:
            self._anonymous.modify(privacy.config(self._config()))
        if self._by_gruu is not None:
            self._by_gruu.modify(self._config_by_gruu())

    def _use_gruu(self, gruu: str | None) -> None:
        """Have far ends reach later calls at a GRUU, in both directions."""
        if gruu == self._gruu:
            return
        self._gruu = gruu
        if gruu is None or self.setup.hidden:
            return
        # PJSIP would register a Contact that the account itself has for its calls.
        if self._by_gruu is not None:
            self._by_gruu.modify(self._config_by_gruu())
            return
        alias = Alias(self.context, self.setup, self._take)
        # With more accounts than PJSIP has room for, calls show the registered Contact.
        with contextlib.suppress(pj.Error):
            alias.create(self._config_by_gruu())
            self._by_gruu = alias

    def _config_by_gruu(self) -> pj.AccountConfig:
        contact = "" if self._gruu is None else f"<{self._gruu}>"
        return without_registration(self._config(), contact)

    def _config(self) -> pj.AccountConfig:
        return config(self.setup, self._transport_id, self.context.network)

    def heard_from(self, answer: pj.SipRxData) -> None:
        """Note the source of an answer to the account's own request."""
        connections = self.context.connections
        connection = connections.id_of(answer.transport)
        if connection is not None:
            connections.use(self.name, connection)
        elif self.setup.transport is Transport.UDP and answer.srcAddress:
            connections.answered(self.name, answer.srcAddress)

    def tick(self) -> None:
        """Do each second's work: notice a server that does not answer any more."""
        if self._keepalive.tick():
            self.context.send(ServerSilent(account=self.name))

    @guarded
    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        self._is_reported = True
        self._refusal.end()
        active = prm.code // 100 == 2 and prm.expiration > 0
        connection = self.context.connections.id_of(prm.rdata.transport)
        self.heard_from(prm.rdata)
        if active:
            self._subscribe_anew(connection)
            self._keep_alive(prm.rdata)
            setup = self.setup
            gruu = public_gruu(
                prm.rdata.wholeMsg,
                user=setup.user,
                domain=setup.domain,
                transport=setup.transport,
                instance=setup.instance,
            )
            self._use_gruu(gruu)
        else:
            self._keepalive.end()
        self.context.send(
            RegistrationEvent(
                account=self.name,
                active=active,
                code=prm.code,
                reason=prm.reason[:256],
                expires_s=max(prm.expiration, 0),
                connection=connection,
                cause=message.unusable_challenge(prm.rdata.wholeMsg, self.setup.minimum_digest),
                retry_after_s=message.retry_after_s(prm.rdata.wholeMsg),
                digest=_DIGESTS.get(self.getInfo().regAlgorithm),
            )
        )

    @guarded
    def onSendRequest(self, prm: pj.OnSendRequestParam) -> None:
        event = prm.e.body.tsxState
        if event.type == pj.PJSIP_EVENT_RX_MSG:
            self.heard_from(event.src.rdata)
            self._keepalive.answered()

    @guarded
    def onMwiInfo(self, prm: pj.OnMwiInfoParam) -> None:
        voicemail = mwi.voicemail(prm.rdata.wholeMsg.partition("\r\n\r\n")[2])
        if voicemail is not None:
            self.context.send(
                VoicemailEvent(
                    account=self.name,
                    voicemail=voicemail,
                    connection=self.context.connections.id_of(prm.rdata.transport),
                )
            )

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        self._take(prm)

    @guarded
    def onTextMessage(self, prm: pj.OnTextMessageParam) -> None:
        texts.report(self.context, self.name, prm)

    @guarded
    def onInstantMessageStatus(self, prm: pj.OnInstantMessageStatusParam) -> None:
        if prm.rdata.wholeMsg:
            self.heard_from(prm.rdata)
        texts.report_sent(self.context, self.setup, prm)

    def _take(self, prm: pj.OnIncomingCallParam) -> None:
        self._receive(self, prm)

    def _keep_alive(self, answer: pj.SipRxData) -> None:
        if self.setup.transport is not Transport.UDP:
            seconds = ping_interval_s(message.flow_timer_s(answer.wholeMsg))
            pj.setPingInterval(answer.transport, seconds)
        elif not self.setup.trial:
            self._keepalive.begin()

    def _ask_server(self) -> None:
        request = pj.SendRequestParam()
        request.method = "OPTIONS"
        request.txOption.targetUri = f"sip:{self.setup.registrar}"
        with contextlib.suppress(pj.Error):
            # A network that is away for a moment: the next question tells.
            self.sendRequest(request)

    def _subscribe_anew(self, connection: int | None) -> None:
        # The server sends voice mail notices to the subscription's connection, and
        # PJSIP would keep the old subscription on a new connection.
        before, self.connection = self.connection, connection
        moved, self._moved = self._moved, False
        if not moved and before in (None, connection):
            return
        for enabled in (False, True):
            changed = self._config()
            changed.mwiConfig.enabled = enabled
            # The old subscription's Contact may not resolve any more: that must
            # not end the calls.
            with contextlib.suppress(pj.Error):
                self.modify(changed)
