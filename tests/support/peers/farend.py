"""A SIP server with TLS and SRTP whose far end acts as a test sets it.

One call at a time: every method concerns the latest one.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable

from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer
from tests.support.pki import Leaf

_TAG = "far"
_SUITE = "AES_CM_128_HMAC_SHA1_80"
_FIRST_NUMBER = 10
_PATIENCE_S = 20

# Shared by all far ends: one after another may be at the same address.
_CALLS = itertools.count(1)


class FarEnd:
    """A far end of one call at a time.

    `code` answers REGISTER, `acknowledges` sends ACK, `hangs_up_after_answer`
    ends a call after answering a change of it. `contact` and `via` are its own
    addresses, and `headers` more headers in every message of a call.
    """

    def __init__(self, host: str, leaf: Leaf) -> None:
        self.code = 200
        self.acknowledges = True
        self.hangs_up_after_answer = False
        self.contact = ""
        self.via = ""
        self.headers: tuple[str, ...] = ()
        self.leaf = leaf
        self.server = HostileServer(host, self._behave, leaf)
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.bind((host, 0))
        self._numbers = itertools.count(_FIRST_NUMBER)
        self._invites: asyncio.Queue[sip.Message] = asyncio.Queue()
        self._connection: Connection | None = None
        self._invite: sip.Message | None = None
        self._dialog: sip.Dialog | None = None
        self._branch = ""
        self._in_ack: Callable[[sip.Message], str] | None = None
        self._next_answer: str | None = None

    async def start(self) -> None:
        await self.server.start()
        where = f"{self.server.host}:{self.server.port}"
        self.contact = f"<sip:far@{where};transport=tls>"
        self.via = f"SIP/2.0/TLS {where}"

    async def stop(self) -> None:
        await self.server.stop()
        self._rtp.close()

    def drop_connection(self) -> None:
        """End the connection that was used last."""
        self._connected().drop()

    # Calls from the phone

    async def invited(self) -> None:
        """Wait for the next INVITE: its call is the latest one from here on."""
        message = await asyncio.wait_for(self._invites.get(), _PATIENCE_S)
        self._invite = message
        self._dialog = sip.Dialog(
            sender=f"{message.get('To')};tag={_TAG}",
            to=message.get("From"),
            call_id=message.get("Call-ID"),
            target=_address(message.get("Contact")),
        )

    def rings(self) -> None:
        self._answer(180, "Ringing")

    def answers(self, body: str | None = None, code: int = 200) -> None:
        """Answer the call; `body` replaces the good session.

        With a `code` below 200 it is early media (RFC 3960).
        """
        self._answer(code, "Said", body=body or self.session(self._invite))

    @property
    def offered(self) -> sip.Message:
        """INVITE of the latest call."""
        assert self._invite is not None
        return self._invite

    def refuses(self, code: int, reason: str) -> None:
        self._answer(code, reason)

    # Calls from the far end

    async def calls(self, sender: str, body: str | None = None, to: str = "") -> None:
        """Send an INVITE to the registered account `to`; `sender` is a From value.

        `body` replaces the good session. An empty one leaves the offer to the
        phone (RFC 3261 section 13.2.1).
        """
        await self._address(sender, to)
        self._send(
            "INVITE", 1, branch=self._branch, body=self.session(None) if body is None else body
        )

    async def writes(self, sender: str, text: str) -> None:
        """Send a text (RFC 3428) to the registered account; `sender` is a From value."""
        await self._address(sender)
        self._send("MESSAGE", 1, body=text, extra=("Content-Type: text/plain",))

    async def _address(self, sender: str, to: str = "") -> None:
        _, register = await self.server.until(
            lambda m: m.method == "REGISTER" and to in m.get("To")
        )
        number = next(_CALLS)
        self._branch = f"call-{number}"
        self._dialog = sip.Dialog(
            sender=f"{sender};tag={_TAG}{number}",
            to=f"<{register.get('To').split('<', 1)[1].split('>', 1)[0]}>",
            call_id=f"far-{number}@{self.server.host}",
            target=_address(register.get("Contact")),
        )

    def will_acknowledge(self, body: str | None = None) -> None:
        """Answer the phone's next offer, which comes in a 200, in the ACK.

        `body` replaces the good session.
        """
        self._in_ack = self.session if body is None else lambda _: body

    async def refusal(self) -> sip.Message:
        """The phone's refusal of the call."""
        _, final = await self.server.until(lambda m: m.status >= 300)
        return final

    async def turned_away(self) -> tuple[int, ...]:
        """The phone's answers to the latest call, up to its refusal, but 100."""
        assert self._dialog is not None
        call_id = self._dialog.call_id
        connection, _ = await self.server.until(
            lambda m: m.status >= 300 and m.get("Call-ID") == call_id
        )
        answers = [m.status for m in connection.messages if m.get("Call-ID") == call_id]
        return tuple(status for status in answers if status > 100)

    def gives_up(self, *headers: str) -> None:
        """Cancel a call that has not been answered."""
        self._send("CANCEL", 1, branch=self._branch, extra=headers)

    # Established calls

    def hangs_up(self) -> None:
        self._send("BYE", next(self._numbers))

    def holds(self, on: bool) -> None:
        direction = "sendonly" if on else "sendrecv"
        self._send("INVITE", next(self._numbers), body=self.session(None, direction))

    def confirms(self, ringing: sip.Message) -> int:
        """Send PRACK (RFC 3262) for a 1xx of the phone; returns its CSeq."""
        assert self._dialog is not None
        number = next(self._numbers)
        self._dialog = sip.Dialog(
            self._dialog.sender, ringing.get("To"), self._dialog.call_id, self._dialog.target
        )
        rack = f"RAck: {ringing.get('RSeq')} {ringing.get('CSeq')}"
        self._send("PRACK", number, extra=(rack,))
        return number

    def will_answer(self, body: str) -> None:
        """Answer the phone's next offer within the call with this session."""
        self._next_answer = body

    def transfers(self, target: str, *extra: str) -> int:
        """Send REFER (RFC 3515) to `target`; returns its CSeq."""
        number = next(self._numbers)
        self._send("REFER", number, extra=(f"Refer-To: {target}", *extra))
        return number

    def notifies(self, fragment: str, last: bool, *extra: str) -> int:
        """Send NOTIFY about a REFER of the phone (RFC 3515); returns its CSeq."""
        number = next(self._numbers)
        state = "terminated;reason=noresource" if last else "active;expires=60"
        headers = (
            "Event: refer", f"Subscription-State: {state}",
            "Content-Type: message/sipfrag;version=2.0", *extra,
        )  # fmt: skip
        self._send("NOTIFY", number, body=fragment, extra=headers)
        return number

    def offers(self, body: str, method: str = "INVITE") -> int:
        """Offer another session within the call (RFC 3264 8); returns its CSeq."""
        number = next(self._numbers)
        self._send(method, number, body=body)
        return number

    async def reoffered(self) -> None:
        """Wait until the phone has offered another session within the call."""
        await self.server.until(lambda m: m.method == "INVITE" and not _begins_call(m))

    def reoffers(self) -> list[sip.Message]:
        """Sessions that the phone has offered within calls so far."""
        sent = [m for c in self.server.connections for m in c.messages]
        return [m for m in sent if m.body and m.method in ("INVITE", "UPDATE")
                and not _begins_call(m)]  # fmt: skip

    async def settled(self) -> None:
        """Wait until the phone has read every message within the call."""
        number = next(self._numbers)
        self._send("OPTIONS", number)
        await self.answered(number, "OPTIONS")

    async def answered(self, number: int, method: str = "INVITE") -> sip.Message:
        """The phone's final answer to the request of a CSeq."""
        _, final = await self.server.until(
            lambda m: m.status >= 200 and m.get("CSeq") == f"{number} {method}"
        )
        return final

    async def hears_a_tone(self) -> None:
        """Wait for telephone-event: type 101 is readable in SRTP (RFC 3711)."""
        self._rtp.setblocking(False)
        async with asyncio.timeout(_PATIENCE_S):
            packet = b"\0\0"
            while packet[1] & 0x7F != 101:
                packet = await asyncio.get_running_loop().sock_recv(self._rtp, 2048)

    def _behave(self, connection: Connection, message: sip.Message) -> None:
        self._connection = connection
        if message.status:
            self._on_response(message)
        elif message.method == "REGISTER":
            contact = message.get("Contact") + ";expires=300"
            ok = self.code // 100 == 2
            connection.send(
                sip.response(message, self.code, "Said", contact=contact if ok else None)
            )
        elif _begins_call(message):
            connection.send(sip.response(message, 100, "Trying"))
            self._invites.put_nowait(message)
        elif message.method == "INVITE":
            self._invite = message
            body, self._next_answer = self._next_answer, None
            # With a turn of the phone's clock between them, the answer alone ends the call.
            with connection.together():
                self._answer(200, "OK", body=self.session(message) if body is None else body)
                if self.hangs_up_after_answer:
                    self.hangs_up()
        elif message.method == "CANCEL":
            connection.send(sip.response(message, 200, "OK", tag=_TAG))
            self._answer(487, "Request Terminated")
        elif message.method != "ACK":
            connection.send(sip.response(message, 200, "OK", tag=_TAG))

    def _on_response(self, message: sip.Message) -> None:
        if not message.get("CSeq").endswith("INVITE") or message.status < 200:
            return
        assert self._dialog is not None
        # An earlier call is not its own any more.
        if not self.acknowledges or message.get("Call-ID") != self._dialog.call_id:
            return
        number = int(message.get("CSeq").split()[0])
        self._dialog = sip.Dialog(
            self._dialog.sender, message.get("To"), self._dialog.call_id, self._dialog.target
        )
        branch, body = None, ""
        if message.status >= 300:
            branch = message.get("Via").split("branch=z9hG4bK-")[1].split(";")[0]
        elif self._in_ack is not None:
            body, self._in_ack = self._in_ack(message), None
        self._send("ACK", number, branch=branch, body=body)

    def _answer(self, code: int, reason: str, body: str = "") -> None:
        assert self._invite is not None
        contact = self.contact if code < 300 else None
        self._connected().send(
            sip.response(
                self._invite,
                code,
                reason,
                contact=contact,
                body=body,
                tag=_TAG,
                extra=self.headers,
            )
        )

    def _send(
        self,
        method: str,
        number: int,
        branch: str | None = None,
        body: str = "",
        extra: tuple[str, ...] = (),
    ) -> None:
        assert self._dialog is not None
        self._connected().send(
            sip.within(
                self._dialog, method, number, via=self.via, contact=self.contact,
                branch=branch, body=body, extra=(*self.headers, *extra),
            )
        )  # fmt: skip

    def session(self, offer: sip.Message | None = None, direction: str = "sendrecv") -> str:
        """A session of one stream, with keys unless the `offer` is plain.

        Without an `offer` it has keys. A lax peer does so, and a test that looks
        at the offer afterwards shows the fault.
        """
        profile = "RTP/SAVP"
        keys: tuple[str, ...] = (sip.crypto(_SUITE, tag=1),)
        if offer is not None:
            lines = offer.body.splitlines()
            offered = [x.removeprefix("a=crypto:").split(" ") for x in lines if "a=crypto:" in x]
            profile = "RTP/SAVP" if offered else "RTP/AVP"
            keys = tuple(sip.crypto(words[1], tag=int(words[0])) for words in offered[:1])
            mirrored = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
            direction = next((mirrored[d] for d in mirrored if f"a={d}" in lines), direction)
        session = sip.sdp(self.server.host, self._rtp.getsockname()[1], profile, keys)
        return session.replace("a=sendrecv", f"a={direction}")

    def _connected(self) -> Connection:
        assert self._connection is not None, "nobody has connected yet"
        return self._connection


def _begins_call(message: sip.Message) -> bool:
    return message.method == "INVITE" and "tag=" not in message.get("To")


def _address(value: str) -> str:
    return value.split("<", 1)[1].split(">", 1)[0]
