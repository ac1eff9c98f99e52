"""Fields of an account, each declared once.

The rules of accounts.toml, the form, the command line's options, and the table in
docs/accounts.md are derived from it. A changed field removes the account from its
worker and adds it again: it registers again, and its calls end. Fields of
ENGINE_ONLY change nothing there.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Final, get_args, get_type_hints

import msgspec
from msgspec import NODEFAULT

from voip.choices import CODECS, AutoAnswer, CallWaiting, Dtmf, Lamps, Means, Prack, SessionTimer
from voip.protection import (
    SHORT_TAG_SUITES,
    SRTP_SUITES,
    Authorities,
    Digest,
    Keying,
    Transport,
)
from voip.protocol.field import Content, Field, Group, Kind

MAX_NAME: Final = 32
"""Longest name of an account, in characters."""

_EXPIRY_S: Final = (60, 3600)
_SESSION_S: Final = (90, 86400)  # RFC 4028 section 5
_BIT_RATE: Final = (6000, 510000)  # RFC 7587 section 6.1
_FORWARD_S: Final = (5, 120)
_NO_FORWARD: Final = "leave it out to forward none"
_NO_CODE: Final = "leave it out if the server has none"
_OPEN: Final = "not encrypted: anyone on the way can listen"
_NO_FILE: Final = "leave it out, or name a file"


# fmt: off
class WrittenAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Account as its user wrote it."""

    user: Annotated[str, Field(
        "User", "The part of your address in front of the @.", "A whole address fills both.",
        group=Group.USUAL, longest=128,
    )]
    domain: Annotated[str, Field(
        "Domain", "The part of your address after the @.", group=Group.USUAL, longest=253,
    )]
    transport: Annotated[Transport, Field(
        "Transport", "How the phone talks to the server.", group=Group.USUAL,
        meanings=(
            ("tls", "encrypted; the server proves who it is"), ("tcp", _OPEN), ("udp", _OPEN),
        ),
    )] = Transport.TLS
    display_name: Annotated[str, Field(
        "Display name", "What those you call may see beside your number.", longest=128,
    )] = ""
    server: Annotated[str | None, Field(
        "Server", "The server's host or host:port, if it is not the domain.",
        content=Content.HOST, empty="leave it out to use the domain", longest=270,
    )] = None
    proxy: Annotated[str | None, Field(
        "Proxy", "Host or host:port that all requests go through, if there is a proxy.",
        content=Content.HOST, empty="leave it out to use none", longest=270,
    )] = None
    auth_user: Annotated[str | None, Field(
        "Login name", "Your name at the server, if it is not the user.", longest=128,
    )] = None
    trust: Annotated[Authorities, Field(
        "Trust", "Which authorities may vouch for the server's certificate.", tls_only=True,
        meanings=(
            ("bundle", "the authorities that come with the phone"), ("system", "this machine's"),
        ),
    )] = Authorities.BUNDLE
    ca_file: Annotated[str | None, Field(
        "CA file", "Certificates (a PEM file) to trust in place of the usual ones.",
        content=Content.CERTIFICATES, empty="leave it out to trust the usual authorities",
        longest=4096, tls_only=True,
    )] = None
    allow_wildcard: Annotated[bool, Field(
        "Accept a certificate for *.your-domain",
        "A server's certificate has to name the server. This accepts a * for its first part.",
    )] = False
    pin: Annotated[str | None, Field(
        "Pinned key",
        "SHA-256 of the only public key to accept. Empty: authorities decide.",
        empty="leave it out to trust by authority and name", metavar="SHA256", longest=256,
        tls_only=True,
    )] = None
    pinned_on: Annotated[str | None, Field("", "Time of the pin.", group=Group.NOTE)] = None
    pinned_by: Annotated[str | None, Field(
        "", "Login name of who accepted the pin.", group=Group.NOTE, longest=256,
    )] = None
    pinned_with: Annotated[Means | None, Field(
        "", "Means by which the pin was accepted.", group=Group.NOTE,
    )] = None
    pinned_key: Annotated[str | None, Field(
        "", "Beginning of the pin that these notes are about.", group=Group.NOTE,
    )] = None
    client_certificate: Annotated[str | None, Field(
        "Certificate", "A PEM file with a certificate of yours, for servers that ask for one.",
        content=Content.CERTIFICATES, empty=_NO_FILE, longest=4096, tls_only=True,
    )] = None
    client_key: Annotated[str | None, Field(
        "Its key", "The key of that certificate (a PEM file), where it is in a file of its own.",
        content=Content.SECRET_FILE, empty=_NO_FILE, longest=4096,
    )] = None
    client_passphrase_command: Annotated[str | None, Field(
        "Passphrase command", "A command that prints the passphrase of that key.",
        content=Content.COMMAND, longest=4096,
        empty="leave it out, or give a command that prints the passphrase",
    )] = None
    client_passphrase_file: Annotated[str | None, Field(
        "Passphrase file", "A file with the passphrase that only you can read.",
        content=Content.SECRET_FILE, empty=_NO_FILE, longest=4096,
    )] = None
    password_command: Annotated[str | None, Field(
        "Password command", "A command that prints the password, such as: pass show sip/work",
        content=Content.COMMAND, longest=4096,
        empty="leave it out, or give a command that prints the password",
    )] = None
    password_file: Annotated[str | None, Field(
        "Password file", "A file with the password that only you can read.",
        content=Content.SECRET_FILE, empty=_NO_FILE, longest=4096,
    )] = None
    minimum_digest: Annotated[Digest, Field(
        "Weakest login",
        "Weakest method by which the password is proven; a server that wants less is refused.",
        meanings=(
            ("md5", "any of the three; most servers know only this"),
            ("sha-256", "SHA-256 or SHA-512/256"), ("sha-512-256", "SHA-512/256 alone"),
        ),
    )] = Digest.MD5
    media_keying: Annotated[Keying, Field(
        "Media keys", "How the keys of the voice are agreed. TLS only.", tls_only=True,
        meanings=(
            ("sdes", "in the signalling, which TLS protects; usual"),
            ("dtls", "between the two ends (DTLS-SRTP)"),
        ),
    )] = Keying.SDES
    srtp_suites: Annotated[tuple[str, ...], Field(
        "SRTP suites",
        "Suites to offer, first choice first, separated by commas. Empty: the usual ones.",
        names=(*SRTP_SUITES, *SHORT_TAG_SUITES), noun="suite", longest=512,
        empty="leave it out to offer the usual ones",
    )] = ()
    ice: Annotated[bool, Field(
        "Find the best way for the voice (ICE)",
        "Several ways are tried, also through routers. The other end has to do the same.",
    )] = False
    stun_server: Annotated[str | None, Field(
        "STUN server", "Host or host:port that tells the phone its public address.",
        content=Content.HOST, empty="leave it out to use none", longest=270,
    )] = None
    turn_server: Annotated[str | None, Field(
        "Relay", "Host or host:port that passes the voice on where nothing else works (TURN).",
        content=Content.HOST, empty="leave it out to use none", longest=270,
    )] = None
    turn_transport: Annotated[Transport, Field(
        "Relay over", "How the phone talks to the relay.",
        meanings=(
            ("udp", "fastest"), ("tcp", "where UDP is blocked"),
            ("tls", "encrypted; the relay proves who it is"),
        ),
    )] = Transport.UDP
    turn_user: Annotated[str | None, Field(
        "Relay login", "Your name at the relay, if it is not the login name.",
        empty="leave it out to use the login name", longest=128,
    )] = None
    turn_password_command: Annotated[str | None, Field(
        "Relay password command", "A command that prints the password for the relay.",
        content=Content.COMMAND, longest=4096,
        empty="leave it out, or give a command that prints the password",
    )] = None
    turn_password_file: Annotated[str | None, Field(
        "Relay password file", "A file with the password for the relay that only you can read.",
        content=Content.SECRET_FILE, empty=_NO_FILE, longest=4096,
    )] = None
    codecs: Annotated[tuple[str, ...], Field(
        "Codecs",
        "Codecs to use, first choice first, separated by commas. Empty: all of the phone's.",
        names=CODECS, noun="codec", longest=512, empty="leave it out to use all",
    )] = ()
    opus_bit_rate: Annotated[int, Field(
        "Opus bit rate",
        f"Bits a second at most, in both directions, {_BIT_RATE[0]} to {_BIT_RATE[1]}.",
        bounds=_BIT_RATE, unit="bits",
    )] = 64000
    opus_dtx: Annotated[bool, Field(
        "Send less in pauses",
        "Little is sent while nobody speaks, and the other end is asked for the same. Opus only.",
    )] = False
    dtmf: Annotated[Dtmf, Field(
        "Digits in a call", "How digits that you press in a call are sent.",
        meanings=(
            ("auto", "by the first of these that the other end knows"),
            ("rfc4733", "as events beside the voice; usual"),
            ("info", "in INFO requests, through the server"),
            ("inband", "as tones in the voice; the microphone is off meanwhile"),
        ),
    )] = Dtmf.AUTO
    session_timer: Annotated[SessionTimer, Field(
        "Session timer", "Whether calls end by themselves when the other end is gone.",
        meanings=(
            ("off", "only if the other end demands it"),
            ("optional", "if the other end does it too; usual"),
            ("always", "this phone asks in any case whether the other end is there"),
            ("required", "calls with others that cannot do it fail"),
        ),
    )] = SessionTimer.OPTIONAL
    session_expires_s: Annotated[int, Field(
        "Session time",
        "Seconds after which a call ends if nobody has renewed it, which is done after half; "
        f"{_SESSION_S[0]} to {_SESSION_S[1]}.",
        bounds=_SESSION_S, unit="seconds",
    )] = 1800
    session_min_s: Annotated[int, Field(
        "Shortest session time",
        f"Seconds below which the other end may not go, {_SESSION_S[0]} to {_SESSION_S[1]}.",
        bounds=_SESSION_S, unit="seconds",
    )] = _SESSION_S[0]
    prack: Annotated[Prack, Field(
        "Confirmed ringing (PRACK)", "Whether news from before the answer is confirmed.",
        meanings=(
            ("off", "only if the other end demands it; usual"),
            ("optional", "if the other end can do it"),
            ("required", "calls with others that cannot do it fail"),
        ),
    )] = Prack.OFF
    register: Annotated[bool, Field(
        "Register, so that calls reach you here",
        "Without it the account can only call out.",
    )] = True
    expires_s: Annotated[int, Field(
        "Register for",
        f"Seconds after which the phone registers again, {_EXPIRY_S[0]} to {_EXPIRY_S[1]}.",
        bounds=_EXPIRY_S, unit="seconds",
    )] = 300
    country: Annotated[str | None, Field(
        "Country", "Country of the server's numbers, as its ISO 3166 code: ES, US, DE.",
        "Names callers by any spelling of their number.",
        empty="leave it out if numbers have no country", metavar="CODE", longest=2,
    )] = None
    plus: Annotated[str | None, Field(
        "In place of +", "Digits that the server wants in place of +, such as 00 or 011.",
        empty="leave it out to send + as it is", metavar="DIGITS", longest=6,
    )] = None
    trunk: Annotated[str | None, Field(
        "Trunk prefix",
        "Prefix of numbers within the country, such as 0, for a server that wants them without "
        "the country's code; none: no prefix.",
        empty="leave it out to send the country's code", metavar="DIGITS", longest=6,
    )] = None
    emergency: Annotated[bool, Field(
        "Places emergency calls",
        "Without it the phone warns when an emergency number is dialled.",
    )] = True
    hide_identity: Annotated[bool, Field(
        "Hide who I am from those I call",
        "The server is asked to keep your name and number from them.",
    )] = False
    call_waiting: Annotated[CallWaiting, Field(
        "A second call", "What a call meets while you have another.",
        meanings=(
            ("tone", "it rings with a short tone"), ("busy", "the caller hears that you are busy"),
        ),
    )] = CallWaiting.TONE
    text_messages: Annotated[bool, Field(
        "Takes text messages", "Without it, whoever writes hears that this phone takes no texts.",
    )] = True
    realtime_text: Annotated[bool, Field(
        "Real-time text in calls",
        "Both sides can write, and see each character as it is typed.",
        "Some servers refuse calls that offer it.",
    )] = False
    keep_realtime_text: Annotated[bool, Field(
        "Keep real-time text",
        "What both sides write in a call stays in the call log. A change holds from the next "
        "call on.",
    )] = False
    forward_always: Annotated[str | None, Field(
        "Forward all calls to", "Number or address to which every call is sent on.",
        empty=_NO_FORWARD, metavar="TARGET", longest=255,
    )] = None
    forward_busy: Annotated[str | None, Field(
        "Forward when busy to", "Number or address for calls that come while you have another.",
        empty=_NO_FORWARD, metavar="TARGET", longest=255,
    )] = None
    forward_unanswered: Annotated[str | None, Field(
        "Forward unanswered to", "Number or address for calls that nobody answers.",
        empty=_NO_FORWARD, metavar="TARGET", longest=255,
    )] = None
    forward_after_s: Annotated[int, Field(
        "Unanswered after",
        f"Seconds of ringing before that, {_FORWARD_S[0]} to {_FORWARD_S[1]}.",
        bounds=_FORWARD_S, unit="seconds",
    )] = 20
    auto_answer: Annotated[AutoAnswer, Field(
        "Answer by itself", "Which calls of the callers below are answered without you.",
        meanings=(
            ("off", "none"), ("asked", "those that ask for it, as an intercom does"),
            ("always", "all"),
        ),
    )] = AutoAnswer.OFF
    auto_answer_from: Annotated[str | None, Field(
        "For these callers", "Numbers or addresses, separated by commas; no other is answered.",
        empty="leave it out to answer nobody by itself", metavar="CALLERS", longest=512,
    )] = None
    pickup: Annotated[str | None, Field(
        "Pick up a call",
        "What to dial to take a colleague's ringing call, with {number} for whose phone rings, "
        "such as **{number}.",
        empty=_NO_CODE, metavar="CODE", longest=64,
    )] = None
    pickup_group: Annotated[str | None, Field(
        "Pick up any call",
        "What to dial to take any ringing call of your group, such as *8.",
        empty=_NO_CODE, metavar="CODE", longest=64,
    )] = None
    park: Annotated[str | None, Field(
        "Park a call",
        "Where a call is sent to be parked, such as 700; {slot} in it stands for a place that "
        "you choose.",
        empty=_NO_CODE, metavar="CODE", longest=64,
    )] = None
    retrieve: Annotated[str | None, Field(
        "Take a call back",
        "What to dial to take a parked call back, with {slot} for its place, such as *88{slot}.",
        empty=_NO_CODE, metavar="CODE", longest=64,
    )] = None
    voicemail: Annotated[str | None, Field(
        "Voice mail", "What to dial to listen to voice mail, such as *97.",
        empty="leave it out to call the number that the server names", metavar="CODE", longest=64,
    )] = None
    lamps: Annotated[Lamps, Field(
        "Lamps of contacts",
        "Whether contacts at this server show if they are free. The server learns who they are.",
        meanings=(
            ("off", "none"), ("dialog", "who is in a call, and whose phone rings"),
            ("presence", "who is there, away or busy, in their own words"),
        ),
    )] = Lamps.OFF
    publish_state: Annotated[bool, Field(
        "Publish my state",
        "The server, and whom it tells, learn if you are free, in a call or do not disturb.",
    )] = False
    enabled: Annotated[bool, Field(
        "Use this account", "A disabled account stays in the file and does nothing.",
        switches="--enable/--disable",
    )] = True
# fmt: on


_KINDS: Final[dict[object, Kind]] = {
    str: Kind.TEXT,
    int: Kind.NUMBER,
    bool: Kind.SWITCH,
    tuple[str, ...]: Kind.NAMES,
}


def _declared() -> Iterator[Field]:
    hints = get_type_hints(WrittenAccount, include_extras=True)
    for info in msgspec.structs.fields(WrittenAccount):
        type_, field = get_args(hints[info.name])
        if isinstance(type_, UnionType):
            type_ = next(arg for arg in get_args(type_) if arg is not NoneType)
        yield msgspec.structs.replace(
            field,
            name=info.name,
            kind=_kind(type_),
            default=_default(info.default),
            needed=info.default is NODEFAULT,
            values=tuple(one.value for one in type_) if _is_choice(type_) else (),
        )


def _kind(type_: object) -> Kind:
    return Kind.CHOICE if _is_choice(type_) else _KINDS[type_]


def _is_choice(type_: object) -> bool:
    return isinstance(type_, type) and issubclass(type_, StrEnum)


def _default(default: object) -> str | int | bool:
    """Return the default as forms and options have it; None is empty text."""
    if isinstance(default, StrEnum):
        return default.value
    return default if isinstance(default, str | int) else ""


FIELDS: Final = tuple(_declared())

BY_NAME: Final = {field.name: field for field in FIELDS}

ENGINE_ONLY: Final = frozenset(
    (
        "call_waiting", "forward_always", "forward_busy", "forward_unanswered", "forward_after_s",
        "auto_answer", "auto_answer_from", "pickup", "pickup_group", "park", "retrieve",
        "voicemail", "text_messages", "keep_realtime_text", "lamps", "publish_state",
    )
)  # fmt: skip
"""Fields about incoming calls and texts, presence, and feature codes, which no worker knows."""
