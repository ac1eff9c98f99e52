"""From what a person typed to a SIP URI that holds only what was parsed.

A dialled string is never passed on: PJSIP reads `?Header=x` as a header of
the INVITE and looks for `sips:` anywhere in it. What is sent is built from a
checked user and host, escaped as RFC 3261 section 25.1 says.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote_to_bytes

import msgspec

from voip.model import Transport

ECHO = "echo"
"""The target that means the local secure test line."""


class DialError(ValueError):
    """A target that cannot be called; the text says why, for the person."""


class Target(msgspec.Struct, frozen=True):
    """Who is called: `host` is None for a number of the account's domain."""

    user: str
    host: str | None = None
    port: int | None = None
    secure: bool = False

    def uri(self, domain: str, transport: Transport) -> str:
        """The request URI for an account of `domain` over `transport`.

        Raises:
            DialError: a `sips:` target on an account without TLS, or one that
                cannot be written as PJSIP would read it.
        """
        if self.secure and transport is not Transport.TLS:
            raise DialError("a sips: address asks for TLS, which this account does not use")
        host = self.host or domain
        port = f":{self.port}" if self.port else ""
        parameter = "" if transport is Transport.UDP else f";transport={transport.value}"
        uri = f"sip:{escape_user(self.user)}@{host}{port}{parameter}"
        if len(uri) > _MAX_TARGET:
            raise DialError(_TOO_LONG)
        if "sips:" in uri.lower():
            raise DialError(f"“{host}” cannot be called at a port of its own")
        return uri


# user-unreserved and unreserved of RFC 3261, less what some servers misread.
_USER_PLAIN = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,"
)
_NUMBER = re.compile(r"\+?[0-9*#]+")
_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_VISUAL_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015]")
_MAX_TARGET = 255  # PJSIP takes no longer URI
_TOO_LONG = f"the address is longer than {_MAX_TARGET} characters"


def escape_user(user: str) -> str:
    """The user part with everything but plain characters percent-encoded."""
    return "".join(
        chr(byte) if byte in _USER_PLAIN else f"%{byte:02X}" for byte in user.encode("utf-8")
    )


def parse_target(text: str) -> Target:
    """Read a number, `user@domain`, or a SIP or tel URI.

    Raises:
        DialError: with the reason for the person who typed it.
    """
    typed = _inside_brackets(text.strip())
    if not typed:
        raise DialError("there is nothing to call: type a number, a name or a SIP address")
    if len(typed) > _MAX_TARGET:
        raise DialError(_TOO_LONG)
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in typed):
        raise DialError("the address holds control characters")
    scheme, secure, rest = _scheme(typed)
    if "?" in rest:
        raise DialError("an address with headers (“?…”) is not called: remove them")
    if scheme == "tel":
        return Target(user=_number(rest.split(";", 1)[0], typed))
    address, _, parameters = rest.partition(";")
    _check_parameters(parameters)
    if "@" in address:
        user, _, host = address.rpartition("@")
        if re.search(r'[<>"\s]', user) or (scheme is None and ":" in user):
            raise DialError(f"“{typed}” is not the address of a phone")
        name, port = _host_and_port(host)
        return Target(user=_user(user), host=name, port=port, secure=secure)
    if scheme is not None:
        raise DialError(f"“{typed}” names nobody: a SIP address looks like sip:user@domain")
    return Target(user=_number_or_name(address, typed))


def may_be_name(text: str) -> bool:
    """Whether what was typed may be somebody's name: no number, address or URI is.

    Nobody's name can stand in for a number or an address that way.
    """
    typed = text.strip()
    if not typed or typed.lower() == ECHO or re.search(r"[@<>]", typed):
        return False
    return not _looks_like_number(typed) and not re.match(r"(?i)(sips?|tel):", typed)


def parse_host_port(text: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `1.2.3.4:port` or `[v6]:port`.

    Raises:
        DialError: it is none of these.
    """
    return _host_and_port(text)


def _inside_brackets(typed: str) -> str:
    """What a name in front of an address in <> leaves: the address."""
    match = re.fullmatch(r'(?:"[^"]*"|[^<>"]*)\s*<([^<>]*)>', typed)
    return (match[1] if match else typed).strip()


def _scheme(typed: str) -> tuple[str | None, bool, str]:
    match = re.match(r"^([A-Za-z][A-Za-z0-9+.-]*):(.*)$", typed, re.DOTALL)
    if not match or match[1].lower() not in ("sip", "sips", "tel"):
        # host:port without a user, or a stray scheme such as http:
        if match and match[2].startswith("//"):
            raise DialError(f"“{match[1]}:” is not an address of a phone")
        return None, False, typed
    scheme = match[1].lower()
    return scheme, scheme == "sips", match[2]


def _check_parameters(parameters: str) -> None:
    # transport= in a dialled address would choose another way than the
    # account's; the account decides, so parameters are read and dropped.
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "transport" and value.strip().lower() not in (
            "tls", "tcp", "udp", "",
        ):  # fmt: skip
            raise DialError(f"“{value}” is no transport of this phone")


def _user(text: str) -> str:
    raw = text.partition(":")[0]  # a password in a URI is not sent on
    try:
        user = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeError:
        raise DialError("the address is not valid UTF-8 text") from None
    if not user:
        raise DialError("the address lacks the name in front of the @")
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in user):
        raise DialError("the address holds control characters")
    return user


def _number_or_name(text: str, typed: str) -> str:
    if _looks_like_number(text.strip()):
        return _number(text, typed)
    if re.search(r"\s", text):
        raise DialError(f"“{typed}” is neither a number nor an address: remove the spaces")
    if not re.fullmatch(r"[\w.!~*'&=+$,#-]+", text):
        raise DialError(f"“{typed}” is neither a number nor an address")
    return text


def _looks_like_number(text: str) -> bool:
    return bool(re.search(r"[0-9]", text) and re.match(r"[+(]?[0-9*#]", text))


def _number(text: str, typed: str) -> str:
    digits = text.replace("(0)", "") if "+" in text or text.startswith("00") else text
    digits = _VISUAL_SEPARATORS.sub("", digits)
    digits = "".join(c.upper() if c.isascii() else c for c in digits).translate(_LETTERS)
    if not _NUMBER.fullmatch(digits):
        raise DialError(f"“{typed}” is not a number")
    return digits


def _host_and_port(text: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?", text.strip())
    if not match:
        raise DialError(f"“{text}” is not the name or address of a server")
    host, port_text = match[1], match[2]
    port = int(port_text) if port_text else None
    if port is not None and not 1 <= port <= 65535:
        raise DialError(f"{port} is no port: ports go from 1 to 65535")
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
