"""A server over UDP, TCP or TLS whose far end speaks and answers holds."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace

from tests.support.media.voice import TONE_PEAK, Voice
from tests.support.peers import sip
from tests.support.peers.hostile import Client, DatagramServer, HostileServer
from tests.support.pki import Leaf
from voip.protection import Transport

_SUITE = "AES_CM_128_HMAC_SHA1_80"
_PATIENCE_S = 20
_ANSWERS = {
    "sendrecv": ("sendrecv", "sendonly"),
    "sendonly": ("recvonly", "inactive"),
    "recvonly": ("sendonly", "sendonly"),
    "inactive": ("inactive", "inactive"),
}
"""Directions that answer or offer without and with a hold.

RFC 3264 sections 6.1 and 8.4.
"""
_CALLS = itertools.count(1)


class Party:
    """Far end of an account's calls, one call at a time.

    `server` is the account's registrar too, `account` the phone's name for it.
    The next offers of the phone within a call are refused with the codes of
    `refusals`, one each; while `delays` is set they wait for `agree`. A request
    for which `intercepts` is true is left alone; `headers` are in every answer
    to an INVITE, `attributes` in every session, and `formats` are its codecs,
    best first; `events` are telephone events beside them (RFC 4733). `refer` is its
    answer to REFER, with headers, `peak` its loudness in later calls.
    """

    def __init__(
        self, host: str, transport: Transport, leaf: Leaf, hertz: int, tones: tuple[int, ...]
    ) -> None:
        self.transport = transport
        self.account = ""
        self.refusals: list[int] = []
        self.intercepts: Callable[[Client, sip.Message], bool] = lambda _client, _message: False
        self.headers: tuple[str, ...] = ()
        self.attributes: tuple[str, ...] = ()
        self.formats = "0"
        self.events = True
        self.refer: tuple[int, tuple[str, ...]] = (202, ())
        self.peak = TONE_PEAK
        self.received: list[sip.Message] = []
        self.delays = False
        self.offers = 0
        self.profiles: set[str] = set()
        self.server: HostileServer | DatagramServer = (
            DatagramServer(host, self._behave)
            if transport is Transport.UDP
            else HostileServer(host, self._behave, leaf if transport is Transport.TLS else None)
        )
        self._host, self._hertz, self._tones = host, hertz, tones
        self.voice_host = host
        self._invites: asyncio.Queue[sip.Message] = asyncio.Queue()
        self._delayed: asyncio.Queue[sip.Message] = asyncio.Queue()
        self._answered: asyncio.Queue[sip.Message] = asyncio.Queue()
        self._referred: asyncio.Queue[sip.Message] = asyncio.Queue()
        self._client: Client | None = None
        self._news = asyncio.Event()
        self._dialog: sip.Dialog | None = None
        self._tag = "party"
        self._holds = False
        self._numbers = itertools.count(10)
        self._transactions: set[tuple[str, str, str]] = set()
        self._invite: sip.Message
        self.voice: Voice

    async def start(self) -> None:
        await self.server.start()

    async def stop(self) -> None:
        await self.server.stop()

    # Calls from the phone

    async def take(self) -> None:
        """Answer the phone's next call."""
        await self.invited()
        self.answer()

    async def invited(self) -> None:
        """Wait for the phone's next call, without an answer yet."""
        self._invite = message = await asyncio.wait_for(self._invites.get(), _PATIENCE_S)
        self._tag = f"party{next(_CALLS)}"
        self._holds = False
        self.voice = self._new_voice(self._hertz)
        self._dialog = sip.Dialog(
            sender=f"{message.get('To')};tag={self._tag}",
            to=message.get("From"),
            call_id=message.get("Call-ID"),
            target=message.get("Contact").split("<", 1)[1].split(">", 1)[0],
        )

    def progress(
        self, code: int, session: bool = False, speaks: bool = False, tag: str | None = None
    ) -> None:
        """Send a provisional answer, with early media if it `speaks` (RFC 3960).

        Another `tag` makes it another branch of a fork (RFC 3261 section 12.1).
        """
        self._answer(self._invite, code, session=session, speaks=speaks, tag=tag)

    def answer(self) -> None:
        self._answer(self._invite, 200)

    async def leave(self) -> None:
        """Fall silent: the call is over."""
        await self.voice.close()

    # Within a call

    async def hold(self, on: bool) -> None:
        """Put the phone on hold, or resume; returns when it has agreed."""
        self._holds = on
        self._send("INVITE", next(self._numbers), body=self._session(None))
        answer = await asyncio.wait_for(self._answered.get(), _PATIENCE_S)
        assert answer.status == 200, answer.first

    async def offer_again(self, method: str = "INVITE", extra: tuple[str, ...] = ()) -> sip.Message:
        """Offer a session within the call again; returns the phone's answer."""
        self._send(method, next(self._numbers), body=self._session(None), extra=extra)
        return await asyncio.wait_for(self._answered.get(), _PATIENCE_S)

    async def presses(self, signal: str) -> int:
        """Send a digit in an INFO request; returns the status of the answer."""
        body = f"Signal={signal}\r\nDuration=160\r\n"
        kind = ("Content-Type: application/dtmf-relay",)
        self._send("INFO", next(self._numbers), body=body, extra=kind)
        return (await asyncio.wait_for(self._answered.get(), _PATIENCE_S)).status

    async def until_received(self, method: str, count: int = 1) -> list[sip.Message]:
        """Wait for that many requests of a method in a call; returns them all."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                # UDP may bring one twice.
                found = {m.get("CSeq"): m for m in self.received if m.method == method}
                if len(found) >= count:
                    return list(found.values())
                self._news.clear()
                await self._news.wait()

    async def transfers(self, target: str) -> sip.Message:
        """Send REFER (RFC 3515) to `target`; returns the phone's answer."""
        self._send("REFER", next(self._numbers), extra=(f"Refer-To: {target}",))
        return await asyncio.wait_for(self._answered.get(), _PATIENCE_S)

    @property
    def replaced(self) -> str:
        """Its call, as a Replaces header names it (RFC 3891 section 3)."""
        assert self._dialog is not None
        tag = self._dialog.to.partition("tag=")[2]
        return f"{self._dialog.call_id};to-tag={tag};from-tag={self._tag}"

    async def calls_in_place_of(self, other: Party, name: str = "") -> sip.Message:
        """Call the phone to replace another's call; returns the phone's answer."""
        known = self._dialog or other._dialog
        assert known is not None
        self._tag = f"another{next(_CALLS)}"
        self._dialog = sip.Dialog(
            sender=f"{name}<sip:party@{self._host}>;tag={self._tag}",
            to=known.to.partition(";tag=")[0],
            call_id=f"{self._tag}@{self._host}",
            target=known.target,
        )
        return await self.offer_again(extra=(f"Replaces: {other.replaced}", "Require: replaces"))

    def shares_server_of(self, other: Party) -> None:
        """Be one more far end at another's server, which calls in its place."""
        self.server, self._client = other.server, other._client
        self.voice = self._new_voice(self._hertz)

        def is_mine(client: Client, message: sip.Message) -> bool:
            mine = self._dialog is not None and message.get("Call-ID") == self._dialog.call_id
            if mine:
                self._behave(client, message)
            return mine

        other.intercepts = is_mine

    def _new_voice(self, hertz: int) -> Voice:
        return Voice(
            self.voice_host,
            hertz,
            self._tones,
            secret=self.transport is Transport.TLS,
            peak=self.peak,
        )

    async def moves(self, hertz: int) -> None:
        """Speak and listen at another port with another tone, and offer it."""
        await self.voice.close()
        self.voice = self._new_voice(hertz)
        answer = await self.offer_again()
        assert answer.status == 200, answer.first

    async def until_offered(self, offers: int) -> None:
        """Wait until the phone has made that many offers within its calls."""
        async with asyncio.timeout(_PATIENCE_S):
            while self.offers < offers:
                self._news.clear()
                await self._news.wait()

    async def asked(self) -> None:
        """Wait for the offer that is delayed."""
        message = await asyncio.wait_for(self._delayed.get(), _PATIENCE_S)
        self._delayed.put_nowait(message)

    async def referred(self) -> sip.Message:
        """Wait for the phone's next REFER, which has been answered by then."""
        return await asyncio.wait_for(self._referred.get(), _PATIENCE_S)

    def notify(
        self,
        fragment: str,
        *,
        last: bool = False,
        event: str = "refer",
        kind: str = "message/sipfrag;version=2.0",
    ) -> None:
        """Send a NOTIFY about the phone's REFER (RFC 3515 section 2.4.5)."""
        state = "terminated;reason=noresource" if last else "active;expires=60"
        extra = [f"Event: {event}", f"Subscription-State: {state}"]
        if fragment:
            extra.append(f"Content-Type: {kind}")
        self._send("NOTIFY", next(self._numbers), body=fragment, extra=tuple(extra))

    def hang_up(self) -> None:
        """End the call by BYE."""
        self._send("BYE", next(self._numbers))

    async def agree(self) -> None:
        """Answer the offer that was delayed."""
        self.delays = False
        self._answer(await asyncio.wait_for(self._delayed.get(), _PATIENCE_S), 200)

    def _behave(self, client: Client, message: sip.Message) -> None:
        self._client = client
        self.received.append(message)
        self._news.set()
        if self.intercepts(client, message) or self._came_before(message):
            return
        if message.status:
            self._on_response(message)
        elif message.method == "REGISTER":
            contact = message.get("Contact") + ";expires=300"
            client.send(sip.response(message, 200, "OK", contact=contact))
        elif message.method == "INVITE":
            client.send(sip.response(message, 100, "Trying"))
            self._on_invite(message)
        elif message.method == "REFER":
            self._on_refer(client, message)
        elif message.method != "ACK":
            client.send(sip.response(message, 200, "OK", tag=self._tag))

    def _came_before(self, message: sip.Message) -> bool:
        """True for a request that UDP brought twice (RFC 3261 section 17.2.1).

        When a busy machine answers late, the copy would count as the next call.
        """
        if message.status or self.transport is not Transport.UDP:
            return False
        transaction = (message.method, message.get("Via"), message.get("CSeq"))
        is_repeated = transaction in self._transactions
        self._transactions.add(transaction)
        return is_repeated

    def _on_invite(self, message: sip.Message) -> None:
        self._note(message.body)
        if "tag=" not in message.get("To"):
            self._invites.put_nowait(message)
            return
        self.offers += 1
        self._news.set()
        if self.refusals:
            self._answer(message, self.refusals.pop(0))
        elif self.delays:
            self._delayed.put_nowait(message)
        else:
            self._answer(message, 200)

    def _on_refer(self, client: Client, message: sip.Message) -> None:
        code, extra = self.refer
        if code:
            contact = self._contact if code < 300 else None
            client.send(sip.response(message, code, contact=contact, tag=self._tag, extra=extra))
        self._referred.put_nowait(message)

    def _on_response(self, message: sip.Message) -> None:
        number, method = message.get("CSeq").split()
        if message.status < 200 or method not in ("INVITE", "UPDATE", "INFO", "REFER"):
            return
        if method == "INVITE":
            assert self._dialog is not None
            self._dialog = replace(self._dialog, to=message.get("To"))
            branch = None
            if message.status >= 300:
                branch = message.get("Via").split("branch=z9hG4bK-")[1].split(";")[0]
            self._send("ACK", int(number), branch=branch)
        if message.body:
            self._note(message.body)
            self.voice.follow(message.body)
        self._answered.put_nowait(message)

    def _note(self, body: str) -> None:
        self.profiles |= {line.split()[2] for line in body.splitlines() if line[:7] == "m=audio"}

    def _answer(
        self,
        message: sip.Message,
        code: int,
        session: bool = False,
        speaks: bool = False,
        tag: str | None = None,
    ) -> None:
        assert self._client is not None
        body, contact = "", self._contact if code < 300 else None
        if code == 200 or session:
            body = self._session(message)
        if code == 200 or speaks:
            self.voice.follow(message.body)
        self._client.send(
            sip.response(
                message,
                code,
                "Said",
                contact=contact,
                body=body,
                tag=tag or self._tag,
                extra=self.headers,
            )
        )

    def _send(
        self,
        method: str,
        number: int,
        body: str = "",
        extra: tuple[str, ...] = (),
        branch: str | None = None,
    ) -> None:
        assert self._dialog is not None
        assert self._client is not None
        via = f"SIP/2.0/{self.transport.value.upper()} {self._host}:{self.server.port}"
        self._client.send(
            sip.within(
                self._dialog,
                method,
                number,
                via=via,
                contact=self._contact,
                branch=branch,
                body=body,
                extra=extra,
            )
        )

    @property
    def _contact(self) -> str:
        parameter = "" if self.transport is Transport.UDP else f";transport={self.transport.value}"
        return f"<sip:party@{self._host}:{self.server.port}{parameter}>"

    def media_address(self, offer: sip.Message | None) -> str:
        """Address of its voice in an answer to `offer`, or in its own offer."""
        return self._host

    def _session(self, offer: sip.Message | None) -> str:
        attributes = self.attributes
        if self.transport is Transport.TLS:
            tag = "1" if offer is None else _tag_of_suite(offer.body)
            attributes += (self.voice.crypto.replace(":1 ", f":{tag} ", 1),)
        lines = offer.body.splitlines() if offer is not None else []
        asked = next((d for d in _ANSWERS if f"a={d}" in lines), "sendrecv")
        direction = _ANSWERS[asked][self._holds]
        profile = "RTP/SAVP" if self.transport is Transport.TLS else "RTP/AVP"
        formats = f"{self.formats} 101" if self.events else self.formats
        session = sip.sdp(self.media_address(offer), self.voice.port, profile, attributes, formats)
        return session.replace("a=sendrecv", f"a={direction}")


def _tag_of_suite(body: str) -> str:
    line = next(x for x in body.splitlines() if x.startswith("a=crypto:") and f" {_SUITE} " in x)
    return line.removeprefix("a=crypto:").split(" ")[0]
