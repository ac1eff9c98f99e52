"""Commands of a client to the engine."""

from __future__ import annotations

import msgspec

from voip.model import Means


class Command(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Something a client asks for."""


class Hello(Command, frozen=True, tag="hello"):
    """Who answers, and in which version of the protocol."""


class GetStatus(Command, frozen=True, tag="status"):
    """The status as it is."""


class Subscribe(Command, frozen=True, tag="subscribe"):
    """The status, and from then on every event; `levels` too if wanted.

    With `messages` every SIP message as well, as long as the client is there.
    """

    levels: bool = False
    messages: bool = False


class Stop(Command, frozen=True, tag="stop"):
    """End the engine; refused while a call is up unless `force`."""

    force: bool = False


class Doctor(Command, frozen=True, tag="doctor"):
    """Abilities of the engine and its workers, and their problems."""


class ReloadAccounts(Command, frozen=True, tag="reload_accounts"):
    """Read accounts.toml again and bring the workers in line with it."""


class RegisterAccount(Command, frozen=True, tag="register"):
    """Register an account now rather than when its back-off ends."""

    account: str


class GetAccounts(Command, frozen=True, tag="accounts"):
    """Every account as accounts.toml has it."""


class AddAccount(Command, frozen=True, tag="add_account"):
    """Write a new account to accounts.toml; fields as in that file.

    The password goes to the keyring, or to a private file where there is none;
    `client_passphrase`, which opens the key of the client certificate, too.
    With a `pin` the engine notes when it was accepted, by whom, and by which `means`.
    """

    name: str
    fields: dict[str, str | int | bool]
    password: str | None = None
    client_passphrase: str | None = None
    means: Means | None = None


class EditAccount(Command, frozen=True, tag="edit_account"):
    """Change fields of an account; None takes one out. The rest stays.

    With `version` (of `AccountFields`) the change is refused as `changed` when
    the account in the file is no longer the one that was read. With a new
    `pin` the engine notes when it was accepted, by whom, and by which `means`.
    Calls with the account end when a field of it changes.
    """

    name: str
    fields: dict[str, str | int | bool | None]
    password: str | None = None
    client_passphrase: str | None = None
    version: str | None = None
    means: Means | None = None


class RemoveAccount(Command, frozen=True, tag="remove_account"):
    """Take an account out of accounts.toml, and its stored password away."""

    name: str


class MoveAccount(Command, frozen=True, tag="move_account"):
    """Put an account at `place` in the order of accounts, counted from 0."""

    name: str
    place: int


class CheckAccount(Command, frozen=True, tag="check_account"):
    """Try an account step by step: name, connection, certificate, registration.

    With `fields` they are tried, with `password` and `client_passphrase` if
    given, and nothing is saved. Each step is told as a `CheckEvent` when it is done.
    """

    name: str
    fields: dict[str, str | int | bool] | None = None
    password: str | None = None
    client_passphrase: str | None = None


class CheckFields(Command, frozen=True, tag="check_fields"):
    """Problems of an account's fields; nothing is tried or saved.

    `new` asks that the name is free.
    """

    name: str
    fields: dict[str, str | int | bool]
    new: bool = False


class PlaceCall(Command, frozen=True, tag="call"):
    """Call `target`; see `voip.sip.dialing` for what it may be.

    `back` tells that `target` is the address of somebody who called `account`:
    a number there is called at the account's own domain, not at the host that
    passed it on. `play` and `record` are absolute paths of WAV files;
    `hangup_after_s` counts from the answer.
    """

    target: str
    account: str | None = None
    play: str | None = None
    record: str | None = None
    hangup_after_s: float | None = None
    back: bool = False


class AnswerCall(Command, frozen=True, tag="answer"):
    call: str


class DeclineCall(Command, frozen=True, tag="decline"):
    """Refuse an incoming call: 603 Decline, or 486 Busy Here when `busy`."""

    call: str
    busy: bool = False


class HangUp(Command, frozen=True, tag="hangup"):
    call: str


class Hold(Command, frozen=True, tag="hold"):
    """Cut a call off at once and ask its far end for hold.

    With `wait` the reply comes when the far end has answered, and is an error
    of kind `refused` when it did not agree.
    """

    call: str
    wait: bool = False


class Resume(Command, frozen=True, tag="resume"):
    """Speak in a call that is on hold; every other one is held. `wait` as in `Hold`."""

    call: str
    wait: bool = False


class Mute(Command, frozen=True, tag="mute"):
    call: str
    on: bool = True


class SendDigits(Command, frozen=True, tag="dtmf"):
    """Send 0-9 * # A-D as RFC 4733 events; a comma is a pause."""

    call: str
    digits: str


class Play(Command, frozen=True, tag="play"):
    """Play a WAV file into a call in place of the microphone; None stops."""

    call: str
    path: str | None = None


class Record(Command, frozen=True, tag="record"):
    """Write what the far end sends to a WAV file; None stops."""

    call: str
    path: str | None = None


class GetHistory(Command, frozen=True, tag="history"):
    """The call log, newest first; `before` is an id to go on from.

    `offset` skips rows. Only missed calls with `missed`, only one account's
    with `account`; `secure` keeps the calls whose lock was closed all the time,
    or with False the others.
    """

    search: str = ""
    limit: int = 50
    before: str | None = None
    offset: int = 0
    missed: bool = False
    account: str | None = None
    secure: bool | None = None


class StartEcho(Command, frozen=True, tag="echo"):
    """Start the local secure test line, and keep it until `StopEcho`."""


class StopEcho(Command, frozen=True, tag="stop_echo"):
    pass


class LookUp(Command, frozen=True, tag="look_up"):
    """Whom `text` would call, with which account, and what could be meant.

    Nothing is called. `account` None takes the account that a call would.
    """

    text: str
    account: str | None = None
    limit: int = 8


class GetLock(Command, frozen=True, tag="lock"):
    """The facts behind the lock of a call, or else of an account."""

    call: str | None = None
    account: str | None = None


class CompareWords(Command, frozen=True, tag="compare_words"):
    """The user's answer to the words of a call: `equal` at both ends, or not.

    `words` are those that were read: the answer is refused as `changed` when
    the call has others by now.
    """

    call: str
    words: tuple[str, ...]
    equal: bool


class GetCompared(Command, frozen=True, tag="compared"):
    """The far ends whose words were found equal, and are remembered."""


class ForgetCompared(Command, frozen=True, tag="forget_compared"):
    """Forget every key of a far end, in calls that are up too.

    `address` may be written in any way that `account` could call.
    """

    account: str
    address: str


class InspectServer(Command, frozen=True, tag="inspect_server"):
    """Look at the certificates of a TLS server; no SIP is sent, nothing is saved.

    `server` is host[:port]; without it, the server of `account`. What is wrong
    is judged by what that account trusts, or else by the usual authorities;
    with `fields` by what an account of them would trust, whatever else they lack.
    """

    server: str | None = None
    account: str | None = None
    fields: dict[str, str | int | bool] | None = None


class BlockCaller(Command, frozen=True, tag="block"):
    """Decline calls of an address to an account from now on, and those that ring.

    `caller` is a number or an address; the reply is its `BlockedCaller`.
    """

    caller: str
    account: str


class UnblockCaller(Command, frozen=True, tag="unblock"):
    """Let a blocked caller ring again; `caller` in any way of writing it."""

    caller: str
    account: str


class GetBlocked(Command, frozen=True, tag="blocked"):
    """Blocked callers; with `caller` and `account`, the entry of this caller alone."""

    caller: str | None = None
    account: str | None = None


class GetSettings(Command, frozen=True, tag="settings"):
    """The settings of config.toml."""


class ChangeSettings(Command, frozen=True, tag="change_settings"):
    """Change config.toml by dotted keys; None takes one out. The rest stays.

    What concerns sound takes effect at once, in calls that are up as well.
    """

    changes: dict[str, str | int | bool | None]


class GetDevices(Command, frozen=True, tag="devices"):
    """The sound devices, looked up anew."""


class GetEngineLog(Command, frozen=True, tag="engine_log"):
    """The last `limit` lines of the engine's log."""

    limit: int = 500


AnyCommand = (
    Hello
    | GetStatus
    | Subscribe
    | Stop
    | Doctor
    | ReloadAccounts
    | RegisterAccount
    | GetAccounts
    | AddAccount
    | EditAccount
    | RemoveAccount
    | MoveAccount
    | CheckAccount
    | CheckFields
    | PlaceCall
    | AnswerCall
    | DeclineCall
    | HangUp
    | Hold
    | Resume
    | Mute
    | SendDigits
    | Play
    | Record
    | GetHistory
    | StartEcho
    | StopEcho
    | LookUp
    | GetLock
    | CompareWords
    | GetCompared
    | ForgetCompared
    | BlockCaller
    | UnblockCaller
    | GetBlocked
    | InspectServer
    | GetSettings
    | ChangeSettings
    | GetDevices
    | GetEngineLog
)
