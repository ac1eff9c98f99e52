"""A server and its calls' far end, correct until they have to disturb.

Every wrong message goes through `Mutator`: it counts, and depends on the
seed and the number alone, but for the names of this run's dialogs.
"""

from __future__ import annotations

import asyncio
import collections
import itertools
import random
import re
import socket
from dataclasses import dataclass

from tests.fuzz import torture
from tests.fuzz.mutation import mutated
from tests.fuzz.sipseeds import ANYWHERE, SESSIONS, TO_INVITE, TO_REGISTER, Kind, filled, reframed
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer
from tests.support.pki import Leaf

_KEPT = 200
_TAG = "far"
_TRUE_LENGTH = 0.93


class Mutator:
    """Seeded source of wrong messages.

    `sent` holds the last messages with their numbers; `number` is their count.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.number = 0
        self.sent: collections.deque[tuple[int, bytes]] = collections.deque(maxlen=_KEPT)

    def next_random(self) -> random.Random:
        """Random source of the next message."""
        self.number += 1
        return random.Random(f"{self.seed}-{self.number}")

    def spoil(self, data: bytes, rng: random.Random) -> bytes:
        """`data` as it is sent under the number that `rng` was made for."""
        changed = mutated(data, rng)
        if rng.random() < _TRUE_LENGTH:
            changed = reframed(changed)
        self.keep(changed)
        return changed

    def keep(self, data: bytes) -> None:
        self.sent.append((self.number, data))


@dataclass
class Dialog:
    """A call as its far end sees it; `invite` is the phone's own, if it calls."""

    far: str
    phone: str
    call_id: str
    target: str
    invite: sip.Message | None = None
    number: int = 100

    @property
    def is_up(self) -> bool:
        return "tag=" in self.phone


class Peer:
    """Registrar and far end.

    `spoils` names the methods whose answers are wrong before they are right. A
    REGISTER sets `registers`, and a message of a new connection `connected`.
    """

    def __init__(self, host: str, leaf: Leaf, mutator: Mutator) -> None:
        self.host = host
        self.mutator = mutator
        self.server = HostileServer(host, self._behave, leaf)
        self.spoils: frozenset[str] = frozenset()
        self.dialog: Dialog | None = None
        self.register: sip.Message | None = None
        self.connected = asyncio.Event()
        self.registers = asyncio.Event()
        self._connection: Connection | None = None
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.bind((host, 0))
        self._pings = itertools.count(1)
        self._answers: dict[str, asyncio.Event] = {}

    async def start(self) -> None:
        await self.server.start()

    async def stop(self) -> None:
        await self.server.stop()
        self._rtp.close()

    # Correct behaviour

    async def answers_ping(self, patience_s: float) -> bool:
        """Report if the phone answers an OPTIONS within `patience_s` seconds."""
        call_id = f"ping-{next(self._pings)}"
        answered = self._answers[call_id] = asyncio.Event()
        # The empty lines end a message that was left open.
        self._write(b"\r\n\r\n" + self._request(Kind("OPTIONS"), self._nobody(call_id), 1))
        try:
            await asyncio.wait_for(answered.wait(), patience_s)
        except TimeoutError:
            return False
        finally:
            del self._answers[call_id]
        return True

    def drop(self) -> None:
        """End the connection; the phone's next one replaces it."""
        if self._connection is not None:
            self._connection.drop()
            self._connection = None
            self.connected.clear()

    def forget(self) -> None:
        """Be ready for another call of the phone."""
        self.dialog = None

    def calls(self) -> None:
        """Send a proper INVITE, whose call the mutations are of."""
        number = next(self._pings)
        self.dialog = self._nobody(f"far-{number}")
        self._write(self._request(Kind("INVITE", body=SESSIONS[0]), self.dialog, 1))

    def answers(self) -> None:
        """Answer the phone's call properly, encrypted as it offers."""
        dialog = self.dialog
        if dialog is None or dialog.invite is None:
            return
        self._write(self._response(dialog.invite, Kind("200", body=self._answer(dialog.invite))))

    def refuses(self) -> None:
        if self.dialog is not None and self.dialog.invite is not None:
            self._write(self._response(self.dialog.invite, Kind("486")))

    # Wrong behaviour

    def disturb(self, in_dialog: bool) -> None:
        """Send one wrong request, or an answer without a request."""
        rng = self.mutator.next_random()
        if rng.random() < 0.05:
            message = filled(rng.choice(torture.MESSAGES), self.host, self.server.port).encode()
            spoilt = mutated(message, rng) if rng.random() < 0.5 else message
            self.mutator.keep(spoilt)
            self._write(spoilt)
            return
        dialog = self.dialog if in_dialog and self.dialog else self._nobody(f"none-{rng.random()}")
        kind = rng.choice(ANYWHERE)
        if kind.name == "BYE" and in_dialog and rng.random() < 0.9:
            kind = ANYWHERE[0]  # a call that is over has nothing left to disturb
        dialog.number += 1
        data = self._request(kind, dialog, dialog.number)
        if rng.random() < 0.08:
            data = self._stray(data, rng.choice(TO_INVITE))
        self._write(self.mutator.spoil(data, rng))

    def disturb_answer(self, request: sip.Message) -> None:
        """Send one wrong answer to a request of the phone."""
        rng = self.mutator.next_random()
        kinds = TO_REGISTER if request.method == "REGISTER" else TO_INVITE
        self._write(self.mutator.spoil(self._response(request, rng.choice(kinds)), rng))

    def _behave(self, connection: Connection, message: sip.Message) -> None:
        if connection.writer.transport.is_closing():
            return
        self._connection = connection
        self.connected.set()
        # Answered messages are not needed again, and thousands follow.
        connection.messages.clear()
        if message.first.startswith("SIP/2.0"):
            self._on_answer(message)
        elif message.all("CSeq") and message.all("To") and message.all("Call-ID"):
            self._on_request(message)

    def _on_request(self, message: sip.Message) -> None:
        if message.method == "REGISTER":
            self.register = message
            self.registers.set()
        if message.method == "INVITE" and "tag=" not in message.get("To"):
            self.dialog = Dialog(
                f"{message.get('To')};tag={_TAG}", message.get("From"), message.get("Call-ID"),
                _uri(message.get("Contact")), message,
            )  # fmt: skip
            self._write(self._response(message, Kind("100")))
            return
        if message.method in self.spoils:
            self.disturb_answer(message)
        if message.method == "CANCEL":
            self._write(self._response(message, Kind("200")))
            if self.dialog is not None and self.dialog.invite is not None:
                self._write(self._response(self.dialog.invite, Kind("487")))
        elif message.method == "REGISTER":
            contact = f"Contact: {message.get('Contact')};expires=300"
            self._write(self._response(message, Kind("200", (contact,))))
        elif message.method != "ACK":
            body = self._answer(message) if message.body else ""
            self._write(self._response(message, Kind("200", body=body)))

    def _on_answer(self, message: sip.Message) -> None:
        if not all(message.all(name) for name in ("Call-ID", "CSeq", "To", "Via")):
            return
        waiting = self._answers.get(message.get("Call-ID"))
        if waiting is not None:
            waiting.set()
        number, _, method = message.get("CSeq").partition(" ")
        if method != "INVITE" or message.status < 200 or not number.isdecimal():
            return
        dialog = self.dialog
        if dialog is None or message.get("Call-ID") != dialog.call_id:
            dialog = self._nobody(message.get("Call-ID"))
        if message.status < 300 and not dialog.is_up:
            dialog.phone = message.get("To")
            if message.all("Contact"):
                dialog.target = _uri(message.get("Contact"))
        branch = re.search(r"branch=z9hG4bK-([^;,\s]*)", message.get("Via"))
        same = branch[1] if branch and message.status >= 300 else None
        ack = Dialog(message.get("From"), message.get("To"), dialog.call_id, dialog.target)
        self._write(self._request(Kind("ACK"), ack, int(number[:9]), same))

    def _nobody(self, call_id: str) -> Dialog:
        """A dialog that does not exist, from a stranger to the account."""
        assert self.register is not None, "the phone has not registered"
        phone = f"<{_uri(self.register.get('To'))}>"
        contact = _uri(self.register.get("Contact"))
        return Dialog(f'"Mallory" <sip:mallory@evil.test>;tag={call_id}', phone, call_id, contact)

    def _request(self, kind: Kind, dialog: Dialog, number: int, branch: str | None = None) -> bytes:
        data = sip.within(
            sip.Dialog(dialog.far, dialog.phone, dialog.call_id, dialog.target), kind.name, number,
            via=f"SIP/2.0/TLS {self.host}:{self.server.port}", contact=self._contact, branch=branch,
            extra=self._extra(kind), body=self._fill(kind.body),
        )  # fmt: skip
        return _typed(data, kind)

    def _response(self, request: sip.Message, kind: Kind) -> bytes:
        status = int(kind.name)
        contact = self._contact if status < 300 and request.method != "REGISTER" else None
        data = sip.response(
            request, status, contact=contact, extra=self._extra(kind), tag=_TAG,
            body=self._fill(kind.body),
        )  # fmt: skip
        return _typed(data, kind)

    def _stray(self, request: bytes, kind: Kind) -> bytes:
        """An answer to a request of the far end's own."""
        _, _, rest = request.partition(b"\r\n")
        return f"SIP/2.0 {kind.name} Said\r\n".encode() + rest

    def _extra(self, kind: Kind) -> tuple[str, ...]:
        return tuple(self._fill(line) for line in kind.extra)

    def _fill(self, text: str) -> str:
        return filled(text, self.host, self._rtp.getsockname()[1])

    def _answer(self, offer: sip.Message) -> str:
        """An SDP answer with the first suite of an SDP offer."""
        session = self._fill(SESSIONS[0])
        line = re.search(r"a=crypto:(\d+) (\S+)", offer.body)
        if line is None:
            return session
        return session.replace(sip.crypto(), sip.crypto(line[2], tag=int(line[1])))

    def _write(self, data: bytes) -> None:
        connection = self._connection
        if connection is not None and not connection.writer.transport.is_closing():
            connection.send(data)

    @property
    def _contact(self) -> str:
        return f"<sip:far@{self.host}:{self.server.port};transport=tls>"


def _typed(data: bytes, kind: Kind) -> bytes:
    return data.replace(
        b"Content-Type: application/sdp", f"Content-Type: {kind.body_type}".encode(), 1
    )


def _uri(value: str) -> str:
    """URI of a header's value, with a substitute where it has none."""
    uri = re.search(r"<([^>]*)>", value)
    return uri[1] if uri else value.partition(";")[0]
