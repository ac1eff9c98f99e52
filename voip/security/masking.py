"""Masks secrets in text that goes to a log, and in SIP messages for a person to read.

SIP traces and PJSIP's own log would otherwise hold digest responses (RFC 3261
section 20.7) and SRTP keys (RFC 4568). In a message a header may be folded or spelt in
several ways (RFC 3261 section 7.3): a line that may hold a secret is masked whole.
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

# Credentials, and answers that prove knowledge of them (RFC 3261 section 20).
_CREDENTIALS = frozenset(
    ("authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info")
)
# SRTP keys (RFC 4568, RFC 4567), the k= line (RFC 4566 section 5.12), ICE's password.
_KEYS = re.compile(r"(?i)\s*(?:a\s*=\s*(crypto|key-mgmt|ice-pwd)\b|k\s*=)")
# A key in the suite's place has no underscore: base64 has none.
_SUITE = re.compile(r"(?i)a=crypto:\d{1,9} (?=[A-Z0-9]{0,64}_)[A-Z0-9_]{1,64}(?= )")
_CHALLENGE = re.compile(r"(?i)\b((?:c|next)?nonce|response)\s*=\s*(?:\"[^\"]*\"?|[^\s,]+)")
_FOLD = re.compile(r"(?:\r\n|\r|\n)[ \t]+")
_TEXT = re.compile(r"\s*MESSAGE ")
_END_OF_HEAD = re.compile(r"\r?\n\r?\n")
_BREAK = re.compile(r"\r\n|\r|\n")


def mask(text: str) -> str:
    """`text` without credentials and keys."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def readable(message: str) -> tuple[str, ...]:
    """Lines of a message, unfolded, with its secrets masked, and the body of a text."""
    if _TEXT.match(message):
        # What people write to each other is theirs (RFC 3428).
        head, *body = _END_OF_HEAD.split(message, maxsplit=1)
        message = "\n".join((head, "", MASK)) if body and body[0] else head
    return tuple(_line(line) for line in _BREAK.split(_FOLD.sub(" ", message)))


def _line(line: str) -> str:
    name, colon, _ = line.partition(":")
    if colon and name.strip().lower() in _CREDENTIALS:
        return f"{name.strip()}: {MASK}"
    key = _KEYS.match(line)
    if key is not None:
        suite = _SUITE.match(line)
        head = suite[0] if suite else f"a={key[1]}:" if key[1] else "k="
        return f"{head} {MASK}"
    return mask(_CHALLENGE.sub(rf"\1={MASK}", line))
