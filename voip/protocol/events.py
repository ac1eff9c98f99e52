"""Events that the engine reports to those who subscribed."""

from __future__ import annotations

import msgspec

from voip.model import AccountStatus, Call, LogEntry
from voip.protection import Transport
from voip.protocol.settings import Settings


class CheckStep(msgspec.Struct, frozen=True):
    """One step of a check; `ok` is None for a step that was not reached."""

    step: str
    ok: bool | None
    text: str


class Event(msgspec.Struct, frozen=True, tag_field="kind"):
    """Something that changed."""


class AccountEvent(Event, frozen=True, tag="account"):
    account: AccountStatus


class AccountRemoved(Event, frozen=True, tag="account_removed"):
    name: str


class AccountsOrdered(Event, frozen=True, tag="accounts_ordered"):
    """The accounts now stand in this order; every one of them is named."""

    names: tuple[str, ...]


class CallEvent(Event, frozen=True, tag="call"):
    """The whole call after the change; `ended` comes last."""

    call: Call


class LogEvent(Event, frozen=True, tag="log"):
    """A row of the call log was added or changed."""

    entry: LogEntry


class DigitEvent(Event, frozen=True, tag="digit"):
    """The far end pressed a key."""

    call: str
    digit: str


class DigitsEvent(Event, frozen=True, tag="digits_sent"):
    """The tones that were asked for are over; the last `lost` were not sent, for `reason`."""

    call: str
    lost: int = 0
    reason: str | None = None

    @property
    def text(self) -> str:
        """The same as a sentence's beginning."""
        if not self.lost:
            return "all tones were sent"
        what = "the last tone was" if self.lost == 1 else f"the last {self.lost} tones were"
        return f"{what} not sent" + (f": {self.reason}" if self.reason else "")


class LevelsEvent(Event, frozen=True, tag="levels"):
    """Mean amplitudes of a call, linear: 0.0 silence to 1.0 full scale."""

    call: str
    rx: float
    tx: float


class NoticeEvent(Event, frozen=True, tag="notice"):
    """Something that a person should read; `level` is info, warning or error."""

    level: str
    text: str


class WorkerEvent(Event, frozen=True, tag="worker"):
    """A worker came up or went away."""

    role: str
    up: bool
    detail: str = ""


class EchoEvent(Event, frozen=True, tag="echo"):
    """The echo line started (`uri` is where) or ended."""

    uri: str | None


class CheckEvent(Event, frozen=True, tag="check"):
    """A step of `CheckAccount` is done."""

    name: str
    step: CheckStep


class SettingsEvent(Event, frozen=True, tag="settings"):
    """config.toml was changed, by a client or by hand."""

    settings: Settings


class SipMessageEvent(Event, frozen=True, tag="sip_message"):
    """A SIP message that was sent or received, for those who asked for a trace.

    Credentials and keys in it are masked. `server` is the name that was dialled
    and, where `verified`, proven; `remote` the address and port.
    """

    sent: bool
    remote: str
    transport: Transport | None
    server: str | None
    verified: bool
    lines: tuple[str, ...]


class StoppingEvent(Event, frozen=True, tag="stopping"):
    """The engine ends because it was told to: it is not to be started again."""


AnyEvent = (
    AccountEvent
    | AccountRemoved
    | AccountsOrdered
    | CallEvent
    | LogEvent
    | DigitEvent
    | DigitsEvent
    | LevelsEvent
    | NoticeEvent
    | WorkerEvent
    | EchoEvent
    | CheckEvent
    | SettingsEvent
    | SipMessageEvent
    | StoppingEvent
)


class NumberedEvent(msgspec.Struct, frozen=True):
    """`seq` counts the engine's events from 1; `at` is RFC 3339 in UTC."""

    seq: int
    at: str
    event: AnyEvent
