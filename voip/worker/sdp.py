"""What an SDP in a SIP message says about encryption (RFC 8866, 4568, 5764)."""

from __future__ import annotations

import re

_MEDIA = re.compile(r"^m=audio\s+(\d+)(?:/\d+)?\s+(\S+)", re.MULTILINE)


def encrypts(message: str) -> bool | None:
    """Whether the audio that `message` offers or accepts is SRTP.

    None when it carries no audio line that is in use.
    """
    profiles = [profile for port, profile in _MEDIA.findall(message) if port != "0"]
    if not profiles:
        return None
    return any("SAVP" in profile for profile in profiles)
