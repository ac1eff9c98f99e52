"""Values that fields of accounts and settings can have, shared by every process."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Means(StrEnum):
    """The client with which a person accepted a server's key."""

    SCREEN = "screen"
    COMMAND = "command"


CODECS = ("opus", "g722", "pcma", "pcmu", "g729", "gsm")
"""Codecs of this phone, as SDP names them, in the order of its offer."""


class Dtmf(StrEnum):
    """Way by which digits are sent in a call; AUTO takes what the far end knows."""

    AUTO = "auto"
    RFC4733 = "rfc4733"
    INFO = "info"
    INBAND = "inband"

    @property
    def words(self) -> str:
        """Way as the end of a sentence, empty for AUTO."""
        return {
            Dtmf.RFC4733: "as telephone events (RFC 4733)",
            Dtmf.INFO: "in INFO requests",
            Dtmf.INBAND: "as tones in the voice",
        }.get(self, "")


class SessionTimer(StrEnum):
    """Use of session timers (RFC 4028)."""

    OFF = "off"
    OPTIONAL = "optional"
    ALWAYS = "always"
    REQUIRED = "required"


class Prack(StrEnum):
    """Use of acknowledged ringing (RFC 3262)."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class CallWaiting(StrEnum):
    """Answer to a call that comes while there is another."""

    TONE = "tone"
    BUSY = "busy"


class AutoAnswer(StrEnum):
    """Calls of listed callers that are answered without a person.

    `asked`: those that ask for it (Call-Info, Alert-Info).
    """

    OFF = "off"
    ASKED = "asked"
    ALWAYS = "always"


class Lamps(StrEnum):
    """Event to which an account subscribes for the lamps of its contacts.

    `dialog` is RFC 4235, `presence` RFC 3856.
    """

    OFF = "off"
    DIALOG = "dialog"
    PRESENCE = "presence"


NUMBER = "{number}"
SLOT = "{slot}"


class Forwarding(msgspec.Struct, frozen=True):
    """Addresses to which calls are sent on, as their user wrote them.

    `always` goes before the others; `unanswered` holds after `after_s` seconds.
    """

    always: str | None = None
    busy: str | None = None
    unanswered: str | None = None
    after_s: int = 20


class FeatureCodes(msgspec.Struct, frozen=True):
    """Dial strings of an account's server for pick-up, parking and voice mail.

    `{number}` in `pickup` stands for whose phone rings; `{slot}`, in `retrieve` and
    perhaps in `park`, for the place where a call is parked.
    """

    pickup: str | None = None
    pickup_group: str | None = None
    park: str | None = None
    retrieve: str | None = None
    voicemail: str | None = None

    @property
    def asks_where(self) -> bool:
        """True if the user chooses the place of a parked call."""
        return self.park is not None and SLOT in self.park
