"""Fields of an account, and the values that each may have.

One set of rules for the file, for what a client saves, and for a form that
checks while somebody types: every rule answers in words that stand next to
the field. The rules of trust are in `trust_fields`; what the files are like that
fields name is in `accounts.named_files`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable

import msgspec

from voip.engine.accounts import suite_fields, trust_fields
from voip.engine.accounts.values import Values, is_empty, is_secure, kind
from voip.model import Means
from voip.protection import Authorities, Keying, Transport
from voip.sip.dialing import DialError, parse_host_port

DEFAULT_PORTS = {Transport.TLS: 5061, Transport.TCP: 5060, Transport.UDP: 5060}

MAX_NAME = 32

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RESERVED = "echo"
_SCHEME = re.compile(
    r"(sips?|tel|https?|tls|tcp|udp|[a-z][a-z0-9+.-]*(?=://)):(//)?", re.IGNORECASE
)
_SECRETS = {
    **dict.fromkeys(("password", "passwd", "secret"), "password"),
    **dict.fromkeys(("passphrase", "client_passphrase"), "passphrase"),
}
_SECRET_PLACES = {
    "password": "--password-stdin, or name a password_command or a password_file",
    "passphrase": "--client-passphrase-stdin, or name a client_passphrase_command or a "
    "client_passphrase_file",
}


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One account as its user wrote it.

    `server` is where the account's SIP server is when that is not the
    domain's own name; `proxy` is reached in its place. Both are host[:port].
    `ca_file` takes the place of the authorities that `trust` names, and `pin`
    that of authority, name and dates: the SHA-256 of the server's public key
    (`trust_fields.pin_of`), with the note of `pinning.note_of`. `client_key` is
    in the file of the certificate if it is not named. `hide_identity` asks for
    privacy (RFC 3323). `expires_s` is 60 to 3600. `srtp_suites` are the names of
    suites in the order they are offered, the usual ones if it is empty.
    """

    user: str
    domain: str
    transport: Transport = Transport.TLS
    server: str | None = None
    proxy: str | None = None
    auth_user: str | None = None
    display_name: str = ""
    trust: Authorities = Authorities.BUNDLE
    ca_file: str | None = None
    allow_wildcard: bool = False
    pin: str | None = None
    pinned_on: str | None = None
    pinned_by: str | None = None
    pinned_with: Means | None = None
    pinned_key: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    client_passphrase_command: str | None = None
    client_passphrase_file: str | None = None
    password_command: str | None = None
    password_file: str | None = None
    register: bool = True
    expires_s: int = 300
    media_keying: Keying = Keying.SDES
    srtp_suites: str = ""
    hide_identity: bool = False
    enabled: bool = True

    @property
    def aor(self) -> str:
        """The address of record (RFC 3261 section 6)."""
        return f"sip:{self.user}@{self.domain}"

    @property
    def next_hop(self) -> str:
        """host[:port] that every request of the account is sent to, as SIP writes it."""
        return _in_ascii(self.proxy or self.server or self.domain)

    @property
    def next_hop_parts(self) -> tuple[str, int]:
        """The name or address of `next_hop`, without brackets, and its port."""
        host, port = parse_host_port(self.next_hop)
        return host.strip("[]"), port or DEFAULT_PORTS[self.transport]

    @property
    def registrar(self) -> str:
        return _in_ascii(self.server or self.domain)

    @property
    def ascii_domain(self) -> str:
        return _in_ascii(self.domain)


def _in_ascii(where: str) -> str:
    # RFC 3261 section 25.1: a host is of ASCII; names of other letters travel
    # as RFC 5890 says.
    host, port = parse_host_port(where)
    return host if port is None else f"{host}:{port}"


FIELDS = Account.__struct_fields__

_NEEDED = {
    "user": "needed: it is the part of your address in front of the @",
    "domain": "needed: it is the part of your address after the @",
}
_LONGEST = {
    "user": 128,
    "domain": 253,
    "server": 270,
    "proxy": 270,
    "auth_user": 128,
    "display_name": 128,
    "ca_file": 4096,
    "pin": 256,
    "pinned_by": 256,
    "client_certificate": 4096,
    "client_key": 4096,
    "client_passphrase_command": 4096,
    "client_passphrase_file": 4096,
    "password_command": 4096,
    "password_file": 4096,
    "srtp_suites": 512,
}
_SWITCHES = ("allow_wildcard", "register", "hide_identity", "enabled")


def known(values: Values) -> dict[str, object]:
    """The fields that an account has; what else there is may be anything."""
    return {field: _text(field, value) for field, value in values.items() if field in FIELDS}


def _text(field: str, value: object) -> object:
    return suite_fields.from_list(value) if field == "srtp_suites" else value


def unknown(values: Values) -> tuple[str, ...]:
    return tuple(field for field in values if field not in FIELDS)


def from_values(values: Values) -> Account:
    """The account of values in which `problems` finds nothing."""
    return msgspec.convert(known(values), Account)


def name_problem(name: str) -> str | None:
    """Problems of an account's name."""
    if not name:
        return "needed: it is what you call this account here"
    if len(name) > MAX_NAME:
        return f"longer than {MAX_NAME} characters"
    if not _NAME.fullmatch(name):
        return "letters, digits, dots, dashes and underscores only, a letter or digit first"
    if name == _RESERVED:
        return f"“{_RESERVED}” is the local test line: choose another name"
    return None


def unknown_problem(field: str) -> str:
    """Why a field is refused that no account has."""
    secret = _SECRETS.get(field.lower())
    if secret:
        places = _SECRET_PLACES[secret]
        return f"a {secret} does not belong into this file: give it with {places}"
    near = nearest(field)
    return f"not known, did you mean “{near}”?" if near else f"not known; known are {_LIST}"


def unknown_notice(field: str) -> str:
    """The message about a field in the file that no account has."""
    secret = _SECRETS.get(field.lower())
    if secret:
        return (
            f"“{field}”: a {secret} does not belong into this file and is not used: take it out, "
            f"and give it to “offhook account edit” with {_SECRET_PLACES[secret]}"
        )
    near = nearest(field)
    hint = f", did you mean “{near}”?" if near else ""
    return f"“{field}” is not known and was left alone{hint}"


def nearest(field: str) -> str | None:
    found = difflib.get_close_matches(field, FIELDS, n=1)
    return found[0] if found else None


_LIST = ", ".join(FIELDS)


def problems(values: Values) -> dict[str, str]:
    """Problems of each field by itself and beside the others.

    Looks at nothing but the values; unknown fields are problems too.
    """
    found = {field: words for field, words in _NEEDED.items() if is_empty(values.get(field))}
    for field, value in values.items():
        if field not in found:
            words = _problem(field, _text(field, value), values)
            if words:
                found[field] = words
    return found


def _problem(field: str, value: object, values: Values) -> str | None:
    if field not in FIELDS:
        return unknown_problem(field)
    if field in _SWITCHES:
        return None if isinstance(value, bool) else f"true or false is needed, not {kind(value)}"
    if field == "expires_s":
        return _expiry_problem(value)
    if not isinstance(value, str):
        return f"text is needed, not {kind(value)}"
    longest = _LONGEST.get(field)
    if longest is not None and len(value) > longest:
        return f"longer than {longest} characters"
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        return "holds control characters"
    rule = _RULES.get(field)
    return rule(value, values) if rule else None


def _expiry_problem(value: object) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"a whole number of seconds is needed, not {kind(value)}"
    return None if 60 <= value <= 3600 else f"60 to 3600 seconds, not {value}"


def _user_problem(value: str, values: Values) -> str | None:
    scheme = _SCHEME.match(value)
    if scheme:
        return f"without “{scheme[0]}”: only the part of your address in front of the @"
    user, at, domain = value.rpartition("@")
    if at and user and domain.lower() == str(values.get("domain")).lower():
        return f"without “@{domain}”: that is the domain"
    return None


def _domain_problem(value: str, values: Values) -> str | None:
    words = _host_problem(value)
    if words:
        return words
    _, port = parse_host_port(value)
    return None if port is None else f"no port here: put {value} into “server”"


def _server_problem(value: str, values: Values) -> str | None:
    return _host_problem(value) if value else "empty: leave it out to use the domain"


def _proxy_problem(value: str, values: Values) -> str | None:
    return _host_problem(value) if value else "empty: leave it out to use none"


def _host_problem(value: str) -> str | None:
    scheme = _SCHEME.match(value)
    if scheme:
        return f"without “{scheme[0]}”: only the name of the server, such as pbx.example.com"
    if re.search(r"\s", value):
        return "without spaces: only the name of the server, such as pbx.example.com"
    user, at, _ = value.rpartition("@")
    if at:
        return f"only what follows the @: “{user}” is a user's name, not a server's"
    host, colon, port = value.rpartition(":")
    if colon and "]" not in port and ":" not in host.strip("[]") and not port.isdecimal():
        return f"“{port}” is no port: ports go from 1 to 65535"
    try:
        parse_host_port(value)
    except DialError as error:
        return str(error)
    return None


def _transport_problem(value: str, values: Values) -> str | None:
    return None if value in list(Transport) else f"tls, tcp or udp, not “{value}”"


def _keying_problem(value: str, values: Values) -> str | None:
    if value not in list(Keying):
        return f"sdes or dtls, not “{value}”"
    if value == Keying.DTLS and not is_secure(values):
        return "“dtls” is for transport “tls” only"
    return None


def _command_problem(value: str, values: Values) -> str | None:
    del values
    return trust_fields.command_problem(value, "password")


def _password_file_problem(value: str, values: Values) -> str | None:
    return None if value.strip() else "empty: leave it out, or name a file"


_RULES: dict[str, Callable[[str, Values], str | None]] = {
    **trust_fields.RULES,
    "user": _user_problem,
    "domain": _domain_problem,
    "transport": _transport_problem,
    "server": _server_problem,
    "proxy": _proxy_problem,
    "password_command": _command_problem,
    "password_file": _password_file_problem,
    "media_keying": _keying_problem,
    "srtp_suites": suite_fields.problem,
}
