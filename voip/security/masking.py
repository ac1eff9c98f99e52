"""Takes secrets out of text that goes to a log.

A SIP trace and PJSIP's own log may hold digest responses (RFC 3261 section
20.7) and SRTP keys (RFC 4568); none of them is ever written.
"""

from __future__ import annotations

import re

MASK = "[masked]"
"""Text in place of a secret."""

_LINE = r"[^\r\n]*"

# A header goes on in lines that begin with white space (RFC 3261 section 7.3.1).
_FOLDED = _LINE + r"(?:\r?\n[ \t]+[^\r\n]*)*"

# Where a quote does not end as it should, whoever opened it may have meant to
# move the end: then nothing is left of the line.
_QUOTED = rf"""(?:"(?:[^"\\\r\n]|\\[^\r\n])*"(?=[\s,;]|$)|"{_LINE})"""

_RULES = (
    (re.compile(r"(?i)(\b(?:Proxy-)?Authorization\s*:\s*)" + _FOLDED), r"\1" + MASK),
    (re.compile(r"(?i)(a=crypto:\d+[ \t]+\S+[ \t]+)" + _LINE), r"\1" + MASK),
    (re.compile(r"(?i)(a=key-mgmt:)" + _LINE), r"\1" + MASK),
    (re.compile(r"(?i)(inline:)[A-Za-z0-9+/=|:.]+"), r"\1" + MASK),
    (re.compile(r"(?i)(\b(?:response|nonce|cnonce)=)" + _QUOTED), r"\1" + MASK),
    (re.compile(r"(?i)(password['\"]?\s*[:=]\s*)" + _LINE), r"\1" + MASK),
)


def mask(text: str) -> str:
    """`text` without credentials and keys."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
