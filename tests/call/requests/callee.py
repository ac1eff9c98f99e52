"""The far end of the phone's calls: it answers each as its case says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.call.requests.ground import USER, Ground
from tests.support.peers import sip
from voip.model import CallState
from voip.protocol.worker.calls import CallStateEvent, StartCall

MakeSession = Callable[[sip.Message], str]
"""Makes the session of an answer from the offer."""

_TAG = "far"


class Callee:
    """Far end that fails the case unless each final answer gets an ACK."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._server = ground.server
        self._server.on_request = self._on_request
        self._invites: dict[str, asyncio.Future[sip.Message]] = {}
        self._acknowledged: dict[str, asyncio.Future[None]] = {}

    async def called(self, code: int, session: MakeSession | None) -> CallStateEvent:
        """Call, answer with `code`, and return how the phone reports the end.

        A provisional `code` is followed by 486, one that accepts by BYE.
        """
        loop = asyncio.get_running_loop()
        number = self._ground.next_call()
        user = f"n{number}"
        invited = self._invites[user] = loop.create_future()
        since = len(self._ground.events)
        await self._ground.worker.ask(
            StartCall(call=number, account=USER, uri=f"sip:{user}@pbx.test")
        )
        invite = await asyncio.wait_for(invited, 30)
        acknowledged = self._acknowledged[invite.get("Call-ID")] = loop.create_future()
        self._answer(invite, code, session(invite) if session else "")
        if code < 200:
            self._answer(invite, 486)
        await asyncio.wait_for(acknowledged, 30)
        if 200 <= code < 300:
            await self._server.ask(self._dialog(invite), "BYE", 10)
        return await self._ground.until(
            CallStateEvent,
            lambda e: e.call == number and e.state is CallState.ENDED,
            since,
        )

    def _dialog(self, invite: sip.Message) -> sip.Dialog:
        return sip.Dialog(
            sender=f"{invite.get('To')};tag={_TAG}",
            to=invite.get("From"),
            call_id=invite.get("Call-ID"),
            target=invite.get("Contact").split("<", 1)[1].split(">", 1)[0],
        )

    def _on_request(self, message: sip.Message) -> None:
        if message.method == "INVITE":
            self._invites[message.uri.split(":")[1].split("@")[0]].set_result(message)
        elif message.method == "ACK":
            acknowledged = self._acknowledged[message.get("Call-ID")]
            if not acknowledged.done():
                acknowledged.set_result(None)
        else:
            self._server.send(sip.response(message, 200, "OK", tag=_TAG))

    def _answer(self, invite: sip.Message, code: int, body: str = "") -> None:
        contact = self._server.contact if code < 300 else None
        self._server.send(sip.response(invite, code, "Said", contact=contact, body=body, tag=_TAG))
