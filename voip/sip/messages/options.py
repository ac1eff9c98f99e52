"""OPTIONS outside a call: the question to a server over UDP if it is there."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from voip.sip.messages import message

_COOKIE = "z9hG4bK"
"""Start of each branch (RFC 3261 section 8.1.1.7)."""


class Question(NamedTuple):
    """Request as it is sent, and what its answers have in their Via."""

    text: bytes
    branch: str

    def answer_in(self, datagram: bytes) -> int | None:
        """Status of an answer to this question, None for anything else."""
        text = datagram.decode(errors="replace")
        return message.status(text) if f"branch={self.branch}" in text else None


def question(domain: str, address: str, port: int) -> Question:
    """Question of nobody in particular to a domain (RFC 3261 section 11.1).

    `address` and `port` are where the answer is to be sent.
    """
    branch = f"{_COOKIE}{secrets.token_hex(8)}"
    host = f"[{address}]" if ":" in address else address
    lines = (
        f"OPTIONS sip:{domain} SIP/2.0",
        f"Via: SIP/2.0/UDP {host}:{port};rport;branch={branch}",
        "Max-Forwards: 70",
        f"From: <sip:{domain}>;tag={secrets.token_hex(4)}",
        f"To: <sip:{domain}>",
        f"Call-ID: {secrets.token_hex(8)}",
        "CSeq: 1 OPTIONS",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return Question(("\r\n".join(lines) + "\r\n\r\n").encode(), branch)
