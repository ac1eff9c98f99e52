"""What is read from a SIP message where PJSIP hands out the whole text only."""

from __future__ import annotations

import re

_FROM = re.compile(r"^(?:From|f)[ \t]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_MEDIA = re.compile(r"^m=audio[ \t]+(\d+)(?:/\d+)?[ \t]+(\S+)", re.MULTILINE)
_STATUS = re.compile(r"SIP/2\.0 (\d{3}) ")
_END_OF_HEAD = re.compile(r"\r?\n\r?\n")


def encrypts(message: str) -> bool | None:
    """Whether the audio that `message` offers or accepts is SRTP.

    The SDP's profile says so (RFC 3711 section 12, RFC 5764 section 8). None
    when it carries no audio line that is in use.
    """
    profiles = [profile for port, profile in _MEDIA.findall(_parts(message)[1]) if port != "0"]
    if not profiles:
        return None
    return any("SAVP" in profile for profile in profiles)


def status(message: str) -> int | None:
    """The status of a response (RFC 3261 section 7.2), None for a request."""
    match = _STATUS.match(message)
    return int(match[1]) if match else None


def sender(message: str) -> str | None:
    """The value of the From header, None where there is none."""
    match = _FROM.search(_parts(message)[0])
    return match[1].strip() if match else None


def _parts(message: str) -> tuple[str, str]:
    head, *body = _END_OF_HEAD.split(message, maxsplit=1)
    return head, body[0] if body else ""
