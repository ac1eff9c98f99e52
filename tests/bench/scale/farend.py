"""Far end of many calls at once, in a process of its own.

It answers every call at once, with PCMU and SRTP, and does what the bench writes to it,
a JSON value a line; each line is answered by one.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import sys
from typing import Any

from tests.bench.registered import CRYPTO, HOST, MEDIA, SUITE, Registered
from tests.bench.scale.voice import Line, Voice
from tests.support.network.ports import LOOPBACK
from tests.support.peers import sip

_MIRRORED = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
_PATIENCE_S = 20.0


class _Call:
    """One call; `version` is that of the session (RFC 3264 section 8)."""

    def __init__(self, invite: sip.Message, line: Line) -> None:
        self.line = line
        self.version = itertools.count(1)
        self.routes = tuple(f"Route: {route}" for route in invite.all("Record-Route"))
        self.dialog = sip.Dialog(
            sender=f"{invite.get('To')};tag=far",
            to=invite.get("From"),
            call_id=invite.get("Call-ID"),
            target=invite.get("Contact").split("<", 1)[1].split(">", 1)[0],
        )
        self.session = ""
        self.answers: dict[str, bytes] = {}


class FarEnd(Registered):
    def __init__(self, registrar_port: int) -> None:
        super().__init__(registrar_port)
        self._voice = Voice()
        self._calls: dict[str, _Call] = {}
        self._waiting: dict[tuple[str, str], asyncio.Future[sip.Message]] = {}
        self._turn = 0

    async def start(self) -> None:
        await self._voice.start()
        await super().start()

    async def obey(self, command: dict[str, Any]) -> object:
        match command:
            case {"do": "begin"}:
                self._voice.begin()
            case {"do": "count"}:
                lines = [dataclasses.asdict(line.arrivals) for line in self._voice.lines]
                return {"lines": lines, "dropped": self._voice.dropped}
            case {"do": "change", "calls": calls, "new keys": has_new_keys}:
                return await self._change(calls, has_new_keys)
            case {"do": "register"}:
                await self.register()
        return None

    # What the phone asks for

    def on_request(self, message: sip.Message) -> bytes | None:
        call = self._calls.get(message.get("Call-ID"))
        if message.method == "INVITE":
            return self._on_invite(message, call)
        if message.method == "ACK":
            return None
        if message.method == "BYE" and call is not None:
            self._voice.remove(call.line)
            del self._calls[call.dialog.call_id]
        return sip.response(message, 200, "OK", tag="far")

    def _on_invite(self, message: sip.Message, call: _Call | None) -> bytes:
        if call is None:
            line = Line(self._voice.sender(), *_offered(message.body))
            self._voice.add(line)
            call = self._calls[message.get("Call-ID")] = _Call(message, line)
        elif message.get("CSeq") not in call.answers:
            self._follow(call, message.body)
        # UDP may bring one twice.
        if message.get("CSeq") not in call.answers:
            call.session = self._session(call, message.body)
            call.answers = {
                message.get("CSeq"): sip.response(
                    message, 200, "OK", contact=self.contact, body=call.session, tag="far"
                )
            }
        return call.answers[message.get("CSeq")]

    def _follow(self, call: _Call, session: str) -> None:
        before = call.line.to
        call.line.follow(*_offered(session))
        self._voice.moved(call.line, before)

    def _session(self, call: _Call, offer: str = "") -> str:
        """Session of a call, as answer to an offer or as one of its own."""
        crypto, lines = CRYPTO.search(offer), offer.splitlines()
        direction = next((_MIRRORED[d] for d in _MIRRORED if f"a={d}" in lines), "sendrecv")
        tag = crypto[1] if crypto else "1"
        return "\r\n".join((
            "v=0", f"o=- 1 {next(call.version)} IN IP4 {LOOPBACK}", "s=-",
            f"c=IN IP4 {LOOPBACK}", "t=0 0", f"m=audio {self._voice.port} RTP/SAVP 0",
            "a=rtpmap:0 PCMU/8000", "a=ptime:20", f"a={direction}",
            f"a=crypto:{tag} {SUITE} inline:{call.line.sender.text}", "",
        ))  # fmt: skip

    # What the bench asks for

    async def _change(self, calls: int, has_new_keys: bool) -> int:
        """Offer the session again in the next calls, in turns; returns how many agreed."""
        every = list(self._calls.values())
        chosen = [every[(self._turn + n) % len(every)] for n in range(min(calls, len(every)))]
        self._turn += calls
        if has_new_keys:
            sender = self._voice.sender(is_new=True)
            for call in chosen:
                call.line.sender = sender
                call.session = self._session(call)
        answers = await asyncio.gather(*(self._offer(call) for call in chosen))
        return sum(answer.status == 200 for answer in answers)

    async def _offer(self, call: _Call) -> sip.Message:
        number = next(self.numbers)
        branch = f"far-{number}"
        key = (call.dialog.call_id, f"{number} INVITE")
        waiting: asyncio.Future[sip.Message] = asyncio.get_running_loop().create_future()
        self._waiting[key] = waiting
        self._tell(call, "INVITE", number, branch, call.session)
        try:
            answer = await asyncio.wait_for(waiting, _PATIENCE_S)
        finally:
            del self._waiting[key]
        if answer.status == 200:
            self._follow(call, answer.body)
            self._tell(call, "ACK", number, f"{branch}-ack")
        else:
            self._tell(call, "ACK", number, branch)
        return answer

    def on_response(self, message: sip.Message) -> None:
        waiting = self._waiting.get((message.get("Call-ID"), message.get("CSeq")))
        if message.status >= 200 and waiting is not None and not waiting.done():
            waiting.set_result(message)

    def _tell(self, call: _Call, method: str, number: int, branch: str, body: str = "") -> None:
        data = sip.within(
            call.dialog, method, number, via=self.via, contact=self.contact, branch=branch,
            body=body, extra=call.routes,
        )  # fmt: skip
        self.transport.sendto(data, self.registrar)


def _offered(session: str) -> tuple[tuple[str, int], str]:
    """Where the phone wants its voice, and the key of what it sends."""
    host, media, crypto = (part.search(session) for part in (HOST, MEDIA, CRYPTO))
    assert host is not None, session
    assert media is not None, session
    assert crypto is not None, session
    return (host[1], int(media[1])), crypto[2]


async def _main(registrar_port: int) -> None:
    far = FarEnd(registrar_port)
    await far.start()
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("null", flush=True)
    while line := await reader.readline():
        print(json.dumps(await far.obey(json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
