"""Protocol between a client and the engine, on the Unix socket.

A client sends `Request` lines; the engine answers each with a `Reply` that names the
request, and, after a `Subscribe`, sends numbered `Event` lines. The reply to
`Subscribe` carries the status before the first event, so that a client never misses or
repeats a change. A client that does not read is dropped; it reconnects and requests the
status again.
"""

from __future__ import annotations

import msgspec

from voip.protocol.accounts import AnyAccountCommand, AnyAccountEvent
from voip.protocol.calls import AnyCallCommand, AnyCallEvent
from voip.protocol.people import AnyPeopleCommand, AnyPeopleEvent
from voip.protocol.phone import AnyPhoneCommand, AnyPhoneEvent
from voip.protocol.settings import AnySettingsCommand, AnySettingsEvent
from voip.protocol.sound import AnySoundCommand, AnySoundEvent
from voip.protocol.trust import AnyTrustCommand


class NumberedEvent(msgspec.Struct, frozen=True):
    """Event with its number; `seq` starts at 1, `at` is RFC 3339 in UTC."""

    seq: int
    at: str
    event: AnyEvent


AnyCommand = (
    AnyPhoneCommand
    | AnyAccountCommand
    | AnyCallCommand
    | AnyPeopleCommand
    | AnyTrustCommand
    | AnySettingsCommand
    | AnySoundCommand
)

AnyEvent = (
    AnyAccountEvent
    | AnyCallEvent
    | AnyPeopleEvent
    | AnySoundEvent
    | AnyPhoneEvent
    | AnySettingsEvent
)

PROTOCOL_VERSION = 1


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Command of a client; the reply repeats its `id`."""

    id: int
    command: AnyCommand


class ErrorInfo(msgspec.Struct, frozen=True):
    """Error of a command, for programs and for the user.

    `kind` is for programs, `message` for the user, `code` the SIP status. `problem` is
    the message without the name of the command's file.
    """

    kind: str
    message: str
    code: int | None = None
    problem: str | None = None


NO_DATA = msgspec.Raw(b"null")


class Reply(msgspec.Struct, frozen=True):
    """Answer to the request `reply`: data, or an error."""

    reply: int | None
    ok: bool = True
    data: msgspec.Raw = NO_DATA
    error: ErrorInfo | None = None
