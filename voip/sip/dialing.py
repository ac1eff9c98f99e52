"""Parses what a person typed into a SIP URI of checked parts.

A dialled string is never passed on: PJSIP reads `?Header=x` as a header of
the INVITE and looks for `sips:` anywhere in it. The URI is built from a
checked user and host, escaped as RFC 3261 section 25.1 says.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec

from voip.protection import Transport
from voip.sip import numbers

ECHO = "echo"
"""Target of the local secure test line."""

MAX_TARGET = 255
"""Characters of a target: PJSIP accepts no longer URI."""

_TOO_LONG = f"the address is longer than {MAX_TARGET} characters"


class DialError(ValueError):
    """Target that cannot be called; the text is the reason for the user."""


class Target(msgspec.Struct, frozen=True):
    """Callee; `host` is None for a number of the account's domain.

    `private`: a number of a private plan, which no country knows (RFC 3966 section 5).
    """

    user: str
    host: str | None = None
    port: int | None = None
    secure: bool = False
    private: bool = False

    def uri(self, domain: str, transport: Transport) -> str:
        """Request URI for an account of `domain` over `transport`.

        Raises:
            DialError: a `sips:` target on an account without TLS, or one that
                cannot be written as PJSIP would read it.
        """
        if self.secure and transport is not Transport.TLS:
            raise DialError("a sips: address asks for TLS, which this account does not use")
        if "%" in self.user:
            # PJSIP sends an escaped “%” bare, which the server would decode once more.
            raise DialError("a name with “%” cannot be called")
        host = self.host or domain
        port = f":{self.port}" if self.port else ""
        parameter = "" if transport is Transport.UDP else f";transport={transport.value}"
        uri = f"sip:{escape_user(self.user)}@{host}{port}{parameter}"
        if len(uri) > MAX_TARGET:
            raise DialError(_TOO_LONG)
        if "sips:" in uri.lower():
            raise DialError(f"“{host}” cannot be called at a port of its own")
        return uri


# user-unreserved and unreserved of RFC 3261, less what some servers misread.
_USER_PLAIN = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,"
)
_CONTROLS = frozenset(("Cc", "Zl", "Zp"))
_SCHEMES = ("sip", "sips", "tel", "callto")
_URI_PARAMETERS = frozenset(("transport", "user", "method", "ttl", "maddr", "lr"))
# In text that is not a URI, other words are not parameters.
_TYPED_PARAMETERS = _URI_PARAMETERS | {
    "phone-context", "npdi", "rn", "cic", "isub", "ext", "postd",
}  # fmt: skip
_HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def holds_controls(text: str) -> bool:
    """Report if a text holds a control character or the end of a line."""
    if text.isascii():
        return not text.isprintable()
    return any(unicodedata.category(char) in _CONTROLS for char in text)


def escape_user(user: str) -> str:
    """Percent-encode a user part, except for plain characters."""
    return "".join(
        chr(byte) if byte in _USER_PLAIN else f"%{byte:02X}" for byte in user.encode("utf-8")
    )


def parse_target(text: str) -> Target:
    """Read a number, `user@domain`, or a SIP, tel or callto URI.

    Raises:
        DialError: with the reason for the user.
    """
    target = parse_address(text)
    if target.host is not None and hides(target.host):
        raise DialError(f"“{_typed(text)}” is a caller who hides: nobody can be called there")
    return target


def hides(host: str) -> bool:
    """True for the host of a hidden address (RFC 3323), which never exists."""
    return host == "invalid" or host.endswith(".invalid")


def parse_address(text: str) -> Target:
    """Read what `parse_target` reads, and the addresses of hidden callers.

    Raises:
        DialError: with the reason for the user.
    """
    typed = _typed(text)
    if not typed:
        raise DialError("there is nothing to call: type a number, a name or a SIP address")
    if len(typed) > MAX_TARGET:
        raise DialError(_TOO_LONG)
    if holds_controls(typed):
        raise DialError("the address holds control characters")
    scheme, rest = _scheme(typed)
    if "?" in rest:
        raise DialError("an address with headers (“?…”) is not called: remove them")
    address = _split(rest)
    visible = numbers.without_marks(typed)
    if address.host is None:
        user = _user_of_the_domain(scheme, address, visible)
        private = not user.startswith("+") and _names_private_plan(address.parameters)
        return Target(user=user, private=private)
    if typed != visible:
        raise DialError("the address holds invisible characters: type it yourself")
    if scheme == "tel" or re.search(r'[<>"\s]', address.user):
        raise DialError(f"“{typed}” is not the address of a phone")
    if scheme not in ("sip", "sips") and ":" in address.user:
        raise DialError(f"“{typed}” is not the address of a phone")
    _check_parameters(address.parameters)
    host, port = _host_and_port(address.host)
    user = _user(address, typed)
    private = not user.startswith("+") and _names_private_plan(address.user_parameters)
    return Target(user=user, host=host, port=port, secure=scheme == "sips", private=private)


def may_be_name(text: str) -> bool:
    """True if typed text may be a name: not a number, an address or a URI.

    No contact's name can replace a number or an address that way.
    """
    typed = numbers.without_marks(text).strip()
    if not typed or typed.lower() == ECHO or re.search(r"[@<>]", typed):
        return False
    if numbers.read(typed.partition(";")[0]) or numbers.with_tones(typed):
        return False
    return not typed.startswith("+") and not re.match(r"(?i)(sips?|tel|callto):", typed)


def parse_host_port(text: str) -> tuple[str, int | None]:
    """Parse `host`, `host:port`, `1.2.3.4:port` or `[v6]:port`.

    Raises:
        DialError: it is none of these.
    """
    return _host_and_port(text)


class _Address(NamedTuple):
    """A URI without its scheme, as written; `host` holds a port too."""

    user: str
    user_parameters: tuple[str, ...]
    host: str | None
    parameters: tuple[str, ...]


def _typed(text: str) -> str:
    """Typed address without a name in front of <> and marks around it."""
    trimmed = _trimmed(text)
    match = re.fullmatch(r'(?:"[^"]*"|[^<>"]*)\s*<([^<>]*)>', trimmed)
    return _trimmed(match[1]) if match else trimmed


def _trimmed(text: str) -> str:
    if text.isascii():
        return text.strip()
    around = {char for char in text if char.isspace() or unicodedata.category(char) == "Cf"}
    return text.strip("".join(around))


def _scheme(typed: str) -> tuple[str | None, str]:
    match = re.match(r"^([A-Za-z][A-Za-z0-9+.-]*):(.*)$", typed, re.DOTALL)
    scheme = match[1].lower() if match else ""
    if match is None or scheme not in _SCHEMES:
        # host:port without a user, or a stray scheme such as http:
        if match and match[2].startswith("//"):
            raise DialError(f"“{match[1]}:” is not an address of a phone")
        return None, typed
    rest = match[2]
    # Web pages write tel://, which RFC 3966 does not know.
    return scheme, rest if scheme.startswith("sip") else rest.removeprefix("//")


def _split(rest: str) -> _Address:
    """Split at the “@”.

    A user part may hold “;” (RFC 3261 section 25.1); no parameter holds “@”.
    """
    before = rest.partition(";")[0]
    if "@" in before:
        user, _, behind = before.rpartition("@")
        return _Address(user, (), behind, _parameters(rest))
    if "@" not in rest:
        return _Address(before, (), None, _parameters(rest))
    user, _, behind = rest.partition("@")
    return _Address(before, _parameters(user), behind.partition(";")[0], _parameters(behind))


def _parameters(text: str) -> tuple[str, ...]:
    _, semicolon, parameters = text.partition(";")
    return tuple(parameters.split(";")) if semicolon else ()


def _name_of(parameter: str) -> str:
    return parameter.partition("=")[0].strip().lower()


def _check_parameters(parameters: tuple[str, ...]) -> None:
    # transport= could choose another transport than the account's: it is read and
    # dropped, like all parameters.
    for parameter in parameters:
        value = parameter.partition("=")[2].strip()
        if _name_of(parameter) == "transport" and value.lower() not in ("tls", "tcp", "udp", ""):
            raise DialError(f"“{value}” is not a transport of this phone")


def _user(address: _Address, typed: str) -> str:
    """Decoded user part of a SIP address, or the telephone number in it."""
    raw = address.user.partition(":")[0]  # a password in a URI is not sent on
    user = _decoded(raw)
    if not user:
        raise DialError("the address lacks the name in front of the @")
    number = numbers.read(user)
    if number and address.user_parameters:
        return _in_context(number, address.user_parameters, typed)
    if number and any(p.strip().lower() == "user=phone" for p in address.parameters):
        return number
    for parameter in address.user_parameters:
        if _name_of(parameter) in _URI_PARAMETERS:
            raise DialError(f"“{parameter}” stands in front of the @: it belongs behind the server")
    return _decoded(";".join((raw, *address.user_parameters)))


def _decoded(raw: str) -> str:
    try:
        user = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeError:
        raise DialError("the address is not valid UTF-8 text") from None
    if holds_controls(user):
        raise DialError("the address holds control characters")
    return user


def _user_of_the_domain(scheme: str | None, address: _Address, typed: str) -> str:
    """Number or name that is called at the account's own domain."""
    if scheme in ("sip", "sips"):
        raise DialError(f"“{typed}” names nobody: a SIP address looks like sip:user@domain")
    text = _decoded(address.user) if scheme else address.user
    number = numbers.read(text)
    more = numbers.with_tones(";".join((text, *address.parameters)))
    if more is not None:
        raise DialError(str(numbers.refuse_tones(typed, more)))
    _check_parameters(address.parameters)
    unknown = [p for p in address.parameters if _name_of(p) not in _TYPED_PARAMETERS]
    if scheme is None and unknown:
        raise DialError(f"“{typed}” is neither a number nor an address: remove “;{unknown[0]}”")
    if number is not None:
        return _in_context(number, address.parameters, typed)
    if scheme is not None:
        raise DialError(f"“{typed}” is not a number")
    return _name(text, typed)


def _names_private_plan(parameters: tuple[str, ...]) -> bool:
    contexts = (p.partition("=")[2] for p in parameters if _name_of(p) == "phone-context")
    return any(not context.strip().startswith("+") for context in contexts)


def _in_context(number: str, parameters: tuple[str, ...], typed: str) -> str:
    try:
        return numbers.in_context(number, parameters, typed)
    except numbers.NumberError as error:
        raise DialError(str(error)) from error


def _name(text: str, typed: str) -> str:
    """A name of the account's domain as written: letters are not digits."""
    spaced = re.search(r"\s", text)
    wordless = re.search(r"[0-9]", text) and not re.search(r"[^\W\d_]", text)
    if text.startswith("+") or wordless or (spaced and numbers.begins_like_one(text)):
        raise DialError(f"“{typed}” is not a number: remove what is not part of one")
    if spaced:
        raise DialError(f"“{typed}” is neither a number nor an address: remove the spaces")
    if not re.fullmatch(r"[\w.!~*'&=+$,#-]+", text):
        raise DialError(f"“{typed}” is neither a number nor an address")
    return text


def _host_and_port(text: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?", text.strip())
    if not match:
        raise DialError(f"“{text}” is not the name or address of a server")
    host, port_text = match[1], match[2]
    port = int(port_text) if port_text else None
    if port is not None and not 1 <= port <= 65535:
        raise DialError(f"{port} is not a port: ports go from 1 to 65535")
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            raise DialError(f"“{host}” is not an IPv6 address") from None
        return host, port
    if re.fullmatch(r"[0-9.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise DialError(f"“{host}” is not an IPv4 address") from None
        return host, port
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError:
        raise DialError(f"“{host}” is not the name of a server") from None
    labels = ascii_host.rstrip(".").split(".")
    if len(ascii_host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise DialError(f"“{host}” is not the name of a server")
    return ascii_host.rstrip(".").lower(), port
