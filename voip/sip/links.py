"""Links to call (`sip:`, `sips:`, `tel:`), as other programs hand them over.

Anybody writes links, such as a web page. Only whom a link names is taken from it, as
checked parts: RFC 3261 section 19.1.5 warns of headers, and of parameters that choose
the way of a request.
"""

from __future__ import annotations

import re

from voip.sip import numbers
from voip.sip.dialing import (
    MAX_TARGET,
    DialError,
    Target,
    escape_user,
    holds_controls,
    parse_target,
)

SCHEMES = ("sip", "sips", "tel")

_LINK = re.compile(rf'(?:{"|".join(SCHEMES)}):[^<>"]+', re.IGNORECASE)


def dialled(link: str) -> str:
    """Return the text to dial for a link, in printable ASCII.

    A number of a private plan, and a link that nobody can be called by, stay as written
    but for headers: the dial line says what is wrong with them.

    Raises:
        DialError: it is no link to call; the text is the reason for the user.
    """
    written = numbers.without_marks(link).strip(" ").partition("?")[0]
    if holds_controls(written):
        raise DialError("the link holds control characters")
    if not _LINK.fullmatch(written):
        raise DialError("a link to call begins with sip:, sips: or tel:, and names somebody")
    target = _target(written)
    text = written if target is None or target.private else _text(target)
    if not text.isascii():
        raise DialError("the link names nobody who can be called")
    if len(text) > MAX_TARGET:
        raise DialError(f"the link is longer than {MAX_TARGET} characters")
    return text


def _target(written: str) -> Target | None:
    try:
        return parse_target(written)
    except DialError:
        return None


def _text(target: Target) -> str:
    if target.host is None:
        return target.user
    scheme = "sips" if target.secure else "sip"
    port = f":{target.port}" if target.port else ""
    return f"{scheme}:{escape_user(target.user)}@{target.host}{port}"
