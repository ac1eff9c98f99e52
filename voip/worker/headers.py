"""Header fields of our own in messages that PJSIP sends."""

from __future__ import annotations

import pjsua2 as pj


def header(name: str, value: str) -> pj.SipHeader:
    """Header field (RFC 3261 section 7.3)."""
    field = pj.SipHeader()
    field.hName, field.hValue = name, value
    return field


def add(options: pj.CallOpParam, name: str, value: str) -> None:
    """Add a header field to a message of a call."""
    options.txOption.headers.push_back(header(name, value))
