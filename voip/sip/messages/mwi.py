"""Voice mail in message summaries (RFC 3842)."""

from __future__ import annotations

import re

from voip.model import Voicemail

_MAX_BODY = 4096
_MAX_DIGITS = 6
_MAX_MAILBOX = 256

_LINE = re.compile(r"^([A-Za-z-]{1,64})[ \t]*:[ \t]*(.*?)[ \t]*$")
_COUNTS = re.compile(r"([0-9]+)[ \t]*/[ \t]*([0-9]+)(?:[ \t]*\((.*))?")
_URGENT = re.compile(r"[ \t]*([0-9]+)[ \t]*/")


def voicemail(body: str) -> Voicemail | None:
    """Read the counts of voice messages, 0 to 999999; None where there is no new one.

    The mailbox is as the server wrote it, of at most 256 characters.

    “yes” without a number counts as one: there is at least one.
    """
    fields = _lines(body[:_MAX_BODY])
    mailbox = fields.get("message-account", "")
    named = mailbox if 0 < len(mailbox) <= _MAX_MAILBOX else None
    counts = _COUNTS.fullmatch(fields.get("voice-message", ""))
    if counts is not None:
        new = _count(counts[1])
        if new is None:
            return None
        urgent = _URGENT.match(counts[3] or "")
        return Voicemail(new, _count(counts[2]), _count(urgent[1]) if urgent else None, named)
    new = {"yes": 1, "no": 0}.get(fields.get("messages-waiting", "").lower())
    return None if new is None else Voicemail(new, mailbox=named)


def _count(text: str) -> int | None:
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS else None


def _lines(body: str) -> dict[str, str]:
    """Fields of a summary before its first empty line, the first per name."""
    fields: dict[str, str] = {}
    for line in re.split(r"\r?\n", body.lstrip("\r\n")):
        if not line:
            break
        match = _LINE.match(line)
        if match is not None:
            fields.setdefault(match[1].lower(), match[2])
    return fields
