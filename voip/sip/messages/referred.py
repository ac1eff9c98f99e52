"""Target of a received REFER (RFC 3515): its address is dialled as if typed."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

_VALUE = re.compile(
    r'[ \t]*(?P<head>(?:"(?:[^"\\]|\\.)*+"|[^"<])*+)<(?P<uri>[^<>?]*+)(?:\?(?P<headers>[^<>]*+))?>'
)
_PLAIN = re.compile(r"[ \t]*([^<>?;\s]+)")
_TAG = r"[A-Za-z0-9._~!%*+`'-]{1,128}"
_CALL_ID = r"[A-Za-z0-9._~!%*+`'()<>:\\\"/\[\]?{}@-]{1,256}"
_PARAMETERS = rf"(?:;[ ]?[A-Za-z-]{{1,20}}(?:={_TAG})?){{1,8}}"
_REPLACES = re.compile(rf"(?P<call_id>{_CALL_ID})(?P<parameters>{_PARAMETERS})")


class Referred(NamedTuple):
    """Target as text to dial, its claimed name, and the call to take over, if any.

    `name_and_uri` is a From-like value. `replaces` is a Replaces header's value
    (RFC 3891), made of checked parts.
    """

    uri: str
    name_and_uri: str
    replaces: str | None


def read(refer_to: str) -> Referred | None:
    """Read the value of Refer-To; None for what names nobody.

    Of headers within the address only Replaces is used (RFC 3261 section 19.1.5 lets
    the sender put any there).
    """
    match = _VALUE.match(refer_to)
    if match is None:
        plain = _PLAIN.match(refer_to)
        return Referred(plain[1], f"<{plain[1]}>", None) if plain else None
    given = [header.partition("=") for header in (match["headers"] or "").split("&")]
    replaces = [value for name, _, value in given if unquote(name).lower() == "replaces"]
    if not replaces:
        return Referred(match["uri"], f"{match['head']}<{match['uri']}>", None)
    checked = _replaces(unquote(replaces[0])) if len(replaces) == 1 else None
    if checked is None:
        # Without it, the target would be called a second time.
        return None
    return Referred(match["uri"], f"{match['head']}<{match['uri']}>", checked)


def _replaces(text: str) -> str | None:
    match = _REPLACES.fullmatch(text.strip())
    if match is None:
        return None
    tags = {}
    for parameter in match["parameters"].split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() in tags:
            return None
        tags[name.lower()] = value
    if not tags.get("to-tag") or not tags.get("from-tag"):
        return None
    early = ";early-only" if "early-only" in tags else ""
    return f"{match['call_id']};to-tag={tags['to-tag']};from-tag={tags['from-tag']}{early}"
