"""Checks the fields of an account together, and makes the account of them.

The same rules serve the file, a client's request, and a form that checks while the user
types. `voip.protocol.account_fields` declares the fields. `accounts.values` has the
rules of each kind, `trust_fields` those of trust, and `accounts.named_files` checks the
files that fields name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

import msgspec

from voip.choices import FeatureCodes, Forwarding
from voip.engine.accounts.rules import (
    code_fields,
    incoming_fields,
    nat_fields,
    number_fields,
    presence_fields,
    trust_fields,
)
from voip.engine.accounts.rules.values import (
    SCHEME,
    Values,
    as_text,
    host_problem,
    is_empty,
    is_secure,
    problem,
    typed,
)
from voip.protocol.account_fields import BY_NAME, ENGINE_ONLY, FIELDS, MAX_NAME, WrittenAccount
from voip.protocol.field import Field
from voip.sip import numbers
from voip.sip.dialing import Target, parse_host_port
from voip.sip.plans import Plan

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RESERVED = "echo"
_SECRETS = {
    **dict.fromkeys(("password", "passwd", "secret"), "password"),
    **dict.fromkeys(("passphrase", "client_passphrase"), "passphrase"),
    "turn_password": "relay password",
}
_SECRET_PLACES = {
    "password": "--password-stdin, or name a password_command or a password_file",
    "passphrase": "--client-passphrase-stdin, or name a client_passphrase_command or a "
    "client_passphrase_file",
    "relay password": "--turn-password-stdin, or name a turn_password_command or a "
    "turn_password_file",
}


class Account(WrittenAccount, frozen=True):
    """Account with the destination of its requests."""

    @property
    def aor(self) -> str:
        """Address of record (RFC 3261 section 6)."""
        return f"sip:{self.user}@{self.domain}"

    @property
    def forwarding(self) -> Forwarding | None:
        """Addresses to which its calls are sent on, None if there is none."""
        targets = (self.forward_always, self.forward_busy, self.forward_unanswered)
        if targets == (None, None, None):
            return None
        return Forwarding(*targets, self.forward_after_s)

    @property
    def codes(self) -> FeatureCodes | None:
        """Codes for pick-up, parking and voice mail, None if there is none."""
        codes = FeatureCodes(
            self.pickup, self.pickup_group, self.park, self.retrieve, self.voicemail
        )
        return codes if codes != FeatureCodes() else None

    @property
    def answered_callers(self) -> tuple[str, ...]:
        """Addresses of those whose calls may be answered by themselves."""
        written = (self.auto_answer_from or "").split(",")
        return tuple(filter(None, map(str.strip, written)))

    def is_same_line(self, other: Account) -> bool:
        """Report if only fields differ that no worker knows."""
        now, then = msgspec.structs.asdict(self), msgspec.structs.asdict(other)
        return all(now[name] == then[name] for name in now if name not in ENGINE_ONLY)

    @property
    def next_hop(self) -> str:
        """host[:port] for every request of the account, as SIP writes it."""
        return _in_ascii(self.proxy or self.server or self.domain)

    @property
    def next_hop_parts(self) -> tuple[str, int]:
        """Name or address of `next_hop`, without brackets, and its port."""
        host, port = parse_host_port(self.next_hop)
        return host.strip("[]"), port or self.transport.default_port

    @property
    def registrar(self) -> str:
        return _in_ascii(self.server or self.domain)

    @property
    def plan(self) -> Plan:
        return Plan((self.country or "").upper(), self.plus or "+", self.trunk or "")

    def as_sent(self, target: Target) -> Target:
        """Return a target with its number as the account's server takes it."""
        if target.host is not None or target.private or not numbers.read(target.user):
            return target
        return msgspec.structs.replace(target, user=self.plan.on_the_wire(target.user))

    @property
    def ascii_domain(self) -> str:
        return _in_ascii(self.domain)


def _in_ascii(where: str) -> str:
    # RFC 3261 section 25.1 allows only ASCII in a host; RFC 5890 encodes other letters.
    host, port = parse_host_port(where)
    return host if port is None else f"{host}:{port}"


def known_fields(values: Values) -> dict[str, object]:
    """Return the fields that an account can have, without unknown ones."""
    return {name: as_text(name, value) for name, value in values.items() if name in BY_NAME}


def unknown_names(values: Values) -> tuple[str, ...]:
    return tuple(name for name in values if name not in BY_NAME)


def from_values(values: Values) -> Account:
    """Build the account of values in which `problems` finds nothing."""
    fields = {name: typed(name, value) for name, value in known_fields(values).items()}
    return msgspec.convert(fields, Account)


def name_problem(name: str) -> str | None:
    """Report problems of an account's name."""
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
    """Explain why an unknown field is refused."""
    secret = _SECRETS.get(field.lower())
    if secret:
        places = _SECRET_PLACES[secret]
        return f"a {secret} does not belong in this file: give it with {places}"
    near = nearest(field)
    return f"not known, did you mean “{near}”?" if near else f"not known; known are {_LIST}"


def unknown_notice(field: str) -> str:
    """Return the notice about an unknown field in the file."""
    secret = _SECRETS.get(field.lower())
    if secret:
        return (
            f"“{field}”: a {secret} does not belong in this file and is not used: take it out, "
            f"and give it to “offhook account edit” with {_SECRET_PLACES[secret]}"
        )
    near = nearest(field)
    hint = f", did you mean “{near}”?" if near else ""
    return f"“{field}” is not known and was kept{hint}"


def nearest(field: str) -> str | None:
    near = difflib.get_close_matches(field, BY_NAME, n=1)
    return near[0] if near else None


_LIST = ", ".join(BY_NAME)


def problems(values: Values) -> dict[str, str]:
    """Report problems of each field, by itself and beside the others.

    Reads no file; unknown fields are problems too.
    """
    wrong = {
        field.name: _needed_words(field)
        for field in FIELDS
        if field.needed and is_empty(values.get(field.name))
    }
    for name, value in values.items():
        if name not in wrong:
            words = _problem(name, value, values)
            if words:
                wrong[name] = words
    return wrong


def _needed_words(field: Field) -> str:
    return f"needed: it is {field.help[0].lower()}{field.help[1:].rstrip('.')}"


def _problem(name: str, value: object, values: Values) -> str | None:
    field = BY_NAME.get(name)
    if field is None:
        return unknown_problem(name)
    value = as_text(name, value)
    words = problem(field, value)
    if not words and value is True and name in _SWITCH_RULES:
        return _SWITCH_RULES[name](values)
    if not words and name == "session_min_s":
        return _session_problem(value, values)
    if words or not isinstance(value, str):
        return words
    rule = _RULES.get(name)
    return (rule and rule(value, values)) or _transport_problem(field, value, values)


def _session_problem(shortest: object, values: Values) -> str | None:
    usual = values.get("session_expires_s", BY_NAME["session_expires_s"].default)
    if isinstance(shortest, int) and isinstance(usual, int) and shortest > usual:
        return f"more than “session_expires_s”, which is {usual}"
    return None


def _transport_problem(field: Field, value: str, values: Values) -> str | None:
    if not field.tls_only or value == field.default or is_secure(values):
        return None
    return "for transport “tls” only"


def _user_problem(value: str, values: Values) -> str | None:
    scheme = SCHEME.match(value)
    if scheme:
        return f"without “{scheme[0]}”: only the part of your address in front of the @"
    user, at, domain = value.rpartition("@")
    if at and user and domain.lower() == str(values.get("domain")).lower():
        return f"without “@{domain}”: that is the domain"
    return None


def _domain_problem(value: str, values: Values) -> str | None:
    words = host_problem(value)
    if words:
        return words
    _, port = parse_host_port(value)
    return None if port is None else f"no port here: put {value} into “server”"


_SWITCH_RULES: dict[str, Callable[[Values], str | None]] = {
    **nat_fields.SWITCH_RULES,
    **presence_fields.SWITCH_RULES,
}

_RULES: dict[str, Callable[[str, Values], str | None]] = {
    **trust_fields.RULES,
    **nat_fields.RULES,
    **incoming_fields.RULES,
    **number_fields.RULES,
    **code_fields.RULES,
    **presence_fields.RULES,
    "user": _user_problem,
    "domain": _domain_problem,
}
