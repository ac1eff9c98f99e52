"""SIP messages as lines for a person to read, with secrets and texts masked.

A header may be folded or spelt in several ways (RFC 3261 section 7.3): a line
that may hold a secret is masked whole.
"""

from __future__ import annotations

import re

from voip.security.masking import MASK, mask

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
