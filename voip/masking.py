"""Takes secrets out of text that goes to a log.

A SIP trace and PJSIP's own log may hold digest responses (RFC 3261 section
20.7) and SRTP keys (RFC 4568); none of them is ever written.
"""

from __future__ import annotations

import re

_MASK = "[masked]"

# Quoted with its escapes, masked before, or up to the next space.
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[masked\]|\S+)"""

_RULES = (
    (re.compile(r"(?i)(\b(?:Proxy-)?Authorization\s*:\s*)[^\r\n]*"), r"\1" + _MASK),
    (re.compile(r"(?i)(a=crypto:\d+\s+\S+\s+)[^\r\n]*"), r"\1" + _MASK),
    (re.compile(r"(?i)(a=key-mgmt:)[^\r\n]*"), r"\1" + _MASK),
    (re.compile(r"(?i)(inline:)[A-Za-z0-9+/=|:.]+"), r"\1" + _MASK),
    (re.compile(r"(?i)(\b(?:response|nonce|cnonce)=)\"[^\"]*\""), r"\1" + _MASK),
    (re.compile(r"(?i)(password['\"]?\s*[:=]\s*)" + _VALUE), r"\1" + _MASK),
)


def mask(text: str) -> str:
    """`text` without credentials and keys."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
