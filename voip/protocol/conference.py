"""Messages about conferences between a client and the engine.

The reply to each command but `EndConference` is the `Conference` after it.
"""

from __future__ import annotations

from voip.model import Conference
from voip.protocol.base import Command, Event


class JoinCalls(Command, frozen=True, tag="join"):
    """Join calls that are up, up to eight, in a conference; the user takes part.

    Those on hold here are resumed. A call that is in a conference already brings the
    others into it, and one alone brings the user back. A call cannot join if its lock
    is open and it should be closed, nor an unencrypted call an encrypted one.
    """

    calls: tuple[str, ...]


class LeaveConference(Command, frozen=True, tag="leave"):
    """Leave the conference of `call`: its parties go on without the user.

    `JoinCalls` brings the user back.
    """

    call: str


class TalkAside(Command, frozen=True, tag="aside"):
    """Talk with one party alone; the others go on, and hear neither.

    `JoinCalls` brings both back. When the party hangs up, the user has left.
    """

    call: str


class SilenceParty(Command, frozen=True, tag="silence"):
    """Let nobody in the conference hear a party, which hears them all; or end that."""

    call: str
    on: bool = True


class EndConference(Command, frozen=True, tag="end_conference"):
    """Hang up every call of the conference of `call`."""

    call: str


class ConferenceEvent(Event, frozen=True, tag="conference"):
    """Reports a conference after a change; without calls, it has ended."""

    conference: Conference


AnyConferenceCommand = JoinCalls | LeaveConference | TalkAside | SilenceParty | EndConference
