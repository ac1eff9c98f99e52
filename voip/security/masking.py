"""Masks secrets in text that goes to a log.

SIP traces and PJSIP's own log would otherwise hold digest responses (RFC 3261
section 20.7) and SRTP keys (RFC 4568).
"""

from __future__ import annotations

import re

MASK = "[masked]"
"""Text in place of a secret."""

_LINE = r"[^\r\n]*"

# A header continues on lines that begin with white space (RFC 3261 section 7.3.1).
_FOLDED = _LINE + r"(?:\r?\n[ \t]+[^\r\n]*)*"

# An unterminated quote may be crafted to expose the secret after it: mask the
# rest of the line.
_QUOTED = rf"""(?:"(?:[^"\\\r\n]|\\[^\r\n])*"(?=[\s,;]|$)|"{_LINE})"""

_RULES = (
    (re.compile(r"(?i)(\b(?:Proxy-)?Authorization\s*:\s*)" + _FOLDED), r"\1" + MASK),
    # A key in the suite's place has no underscore: base64 has none.
    (
        re.compile(r"(?i)(a=crypto:(?:\d+[ \t]+(?:[A-Z0-9]+_[A-Z0-9_]+[ \t]+)?)?)" + _LINE),
        r"\1" + MASK,
    ),
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
