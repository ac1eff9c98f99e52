"""An account as a form has it: what was typed, and what of it is to be saved.

Pure. What a field may hold is the engine's to say (`CheckFields`); here is
what a form asks for, in which words, and what it leaves out because it is the
same without.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from voip.protocol.client import AccountFields

Value = str | int | bool
Typed = dict[str, str | bool]
"""Text in each field of the form, by its name in accounts.toml."""

_OPEN: Final = "not encrypted: anyone on the way can listen"


class Field(msgspec.Struct, frozen=True):
    """A field of accounts.toml; `words` name it, `help` says what it is for.

    `default` is what holds when the file does not say; True or False makes it a
    switch, `choices` (value and meaning) make it a choice. `more` are the
    fields that most accounts do without.
    """

    id: str
    words: str
    help: str
    default: Value = ""
    choices: tuple[tuple[str, str], ...] = ()
    more: bool = True

    @property
    def is_switch(self) -> bool:
        return isinstance(self.default, bool)


FIELDS: Final = (
    Field(
        "user", "User", "The part of your address in front of the @. A whole address fills both.",
        more=False,
    ),
    Field("domain", "Domain", "The part of your address after the @.", more=False),
    Field(
        "transport", "Transport", "How the phone talks to the server.", "tls",
        (("tls", "encrypted; the server proves who it is"), ("tcp", _OPEN), ("udp", _OPEN)),
        more=False,
    ),
    Field("display_name", "Display name", "What those you call may see beside your number."),
    Field("server", "Server", "Where the server is, if that is not the domain: host or host:port."),
    Field("proxy", "Proxy", "A host or host:port that all requests go through, if need be."),
    Field("auth_user", "Login name", "What the server knows you by, when that is not the user."),
    Field(
        "trust", "Trust", "Whose word is taken for the server's certificate.", "bundle",
        (("bundle", "the authorities that come with the phone"),
         ("system", "this machine's")),
    ),
    Field("ca_file", "CA file", "Certificates (a PEM file) to trust in place of the usual ones."),
    Field(
        "allow_wildcard", "Accept a certificate for *.your-domain",
        "A server's certificate has to name the server. This accepts a * for its first part.",
        False,
    ),
    Field(
        "pin", "Pinned key",
        "SHA-256 of the one public key to accept of the server. Empty: authorities decide.",
    ),
    Field(
        "client_certificate", "Certificate",
        "A PEM file with a certificate of yours, for servers that ask for one.",
    ),
    Field("client_key", "Its key", "A PEM file, where the key is not in the certificate's."),
    Field(
        "client_passphrase_command", "Passphrase command",
        "A command that prints the passphrase of that key.",
    ),
    Field(
        "client_passphrase_file", "Passphrase file",
        "A file with the passphrase that only you can read.",
    ),
    Field(
        "password_command", "Password command",
        "A command that prints the password, such as: pass show sip/work",
    ),
    Field("password_file", "Password file", "A file with the password that only you can read."),
    Field(
        "media_keying", "Media keys", "How the keys of a call's sound are agreed. For TLS only.",
        "sdes",
        (("sdes", "in the signalling, which TLS protects; usual"),
         ("dtls", "between the two ends (DTLS-SRTP)")),
    ),
    Field(
        "srtp_suites", "SRTP suites",
        "Their names, first choice first, parted by commas. Empty: the usual ones.",
    ),
    Field(
        "register", "Register, so that calls reach you here",
        "Without it the account is for calling out only.", True,
    ),
    Field("expires_s", "Register for", "Seconds after which the phone registers anew, 60 to 3600.",
          300),
    Field(
        "hide_identity", "Hide who I am from those I call",
        "The server is asked to keep your name and number from them.", False,
    ),
    Field("enabled", "Use this account", "A disabled account stays in the file and does nothing.",
          True),
)  # fmt: skip

BY_ID: Final = {field.id: field for field in FIELDS}

PASSWORD: Final = "password"  # noqa: S105 - the name of a field
NAME: Final = "name"
_LONGEST_NAME: Final = 32
_USUAL_HOSTS: Final = frozenset(
    {"sip", "sips", "pbx", "voip", "proxy", "registrar", "phone", "www"}
)


def typed(fields: Mapping[str, Value]) -> Typed:
    """The form's text for fields of the file."""
    return {field.id: _shown(field, fields.get(field.id, field.default)) for field in FIELDS}


def _shown(field: Field, value: Value) -> str | bool:
    if field.is_switch:
        # What is no switch in the file is mended by the one that is shown.
        return value if isinstance(value, bool) else bool(field.default)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def fields(draft: Typed) -> dict[str, Value]:
    """The fields to save: those that say something else than their default."""
    values = {field.id: _value(field, draft[field.id]) for field in FIELDS}
    return {
        field.id: values[field.id]
        for field in FIELDS
        if values[field.id] not in ("", field.default)
    }


def _value(field: Field, shown: str | bool) -> Value:
    if isinstance(shown, bool):
        return shown
    text = shown.strip()
    if isinstance(field.default, int) and text.isascii() and text.isdecimal():
        return int(text)
    return text


def changes(account: AccountFields, draft: Typed) -> dict[str, Value | None]:
    """Changes of an account in the file; None takes a field out.

    Of an account with a problem each field is said that the file has otherwise:
    a value of a kind that no form shows goes, too.
    """
    wanted, before = fields(draft), typed(account.fields)
    found: dict[str, Value | None] = {}
    for field in FIELDS:
        name = field.id
        if draft[name] == before[name] and account.problem is None:
            continue
        value, written = wanted.get(name), account.fields.get(name)
        if value is None and _same(written, field.default):
            continue
        if not _same(value, written) or value is None:
            found[name] = value
    return found


def _same(one: Value | None, other: Value | None) -> bool:
    # In Python, true is 1; in TOML it is not.
    return type(one) is type(other) and one == other


def next_hop(draft: Typed) -> str | None:
    """host[:port] of the TLS server that stands in the form, None where none does."""
    if draft["transport"] != "tls":
        return None
    places = (str(draft[field]).strip() for field in ("proxy", "server", "domain"))
    return next(filter(None, places), None)


def pin(draft: Typed) -> str | None:
    """The pin in the form as it is compared: people write colons and spaces into it."""
    return re.sub(r"[\s:]", "", str(draft["pin"])).lower() or None


def split_address(text: str, domain: str) -> tuple[str, str] | None:
    """User and domain of a whole address that stands in the field of the user.

    None where it is none, or where the field of the domain says something else:
    there are users with an @ in their name.
    """
    address = text.strip().removeprefix("<").removesuffix(">")
    address = re.sub(r"^sips?:", "", address, flags=re.IGNORECASE)
    user, at, host = address.rpartition("@")
    if not (at and user and host) or domain.strip().lower() not in ("", host.lower()):
        return None
    return user, host


def propose_name(domain: str, taken: Collection[str]) -> str:
    """A name for an account that has none: what people remember of its domain."""
    name = _short(domain.strip().strip("[]").lower())
    if name not in taken and name != "echo":
        return name
    return next(
        found for number in range(2, len(taken) + 4) if (found := f"{name}-{number}") not in taken
    )


def _short(domain: str) -> str:
    labels = domain.split(".")
    if len(labels) > 1 and not labels[-1].isdecimal():
        named = [label for label in labels[:-1] if label not in _USUAL_HOSTS]
        domain = max(named, key=len, default=labels[0])
    return re.sub(r"[^a-z0-9.-]+", "-", domain).strip(".-")[: _LONGEST_NAME - 3] or "account"


def own_problems(draft: Typed, password: str) -> dict[str, str]:
    """Problems of a typed password; the engine gets it only to keep it."""
    for field in ("password_command", "password_file"):
        if password and str(draft[field]).strip():
            words = BY_ID[field].words.lower()
            return {PASSWORD: f"not used while a {words} is set: leave it empty, or take that away"}
    return {}
