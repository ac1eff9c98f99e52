"""Presence of a person, as their server reports it and ours is told (RFC 3863, RFC 4480)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

import msgspec

from voip.lamps import LampState
from voip.sip.messages import documents
from voip.sip.messages.documents import Unreadable

PACKAGE = "presence"
TYPE = "application/pidf+xml"

_PIDF = "{urn:ietf:params:xml:ns:pidf}"
_MODEL = "{urn:ietf:params:xml:ns:pidf:data-model}"
_RPID = "{urn:ietf:params:xml:ns:pidf:rpid}"
_LONGEST_NOTE = 200
_BASIC = {"open": LampState.FREE, "closed": LampState.OFFLINE}

_ACTIVITIES = {
    LampState.BUSY: ("on-the-phone",),
    LampState.DND: (
        "do-not-disturb", "busy", "meeting", "appointment", "presentation", "performance",
        "worship",
    ),
    LampState.AWAY: (
        "away", "permanent-absence", "vacation", "holiday", "meal", "breakfast", "dinner",
        "sleeping", "travel", "in-transit", "steering", "shopping",
    ),
}  # fmt: skip
"""Activities of RFC 4480 section 3.2 by the state they mean; the first state that holds."""


class Presence(msgspec.Struct, frozen=True):
    """Document about the presence of `entity`."""

    entity: str
    state: LampState
    note: str = ""


def read(content_type: str, body: bytes) -> Presence:
    """Read a document.

    Raises:
        Unreadable: it is none.
    """
    root = documents.read(content_type, body, TYPE, f"{_PIDF}presence")
    entity = root.get("entity")
    if not entity:
        raise Unreadable("no entity")
    return Presence(entity, _state(root), _note(root))


_OWN_ACTIVITIES = {
    LampState.FREE: "",
    LampState.BUSY: "<r:activities><r:on-the-phone/></r:activities>",
    LampState.DND: "<r:activities><r:busy/></r:activities>",
}


def write(entity: str, tuple_id: str, state: LampState) -> str:
    """Write a document about `entity`, which names no address to call and nobody else.

    `tuple_id` tells this phone from others of the same user.
    """
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
        f'xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity={quoteattr(entity)}>'
        f"<tuple id={quoteattr(tuple_id)}><status><basic>open</basic></status></tuple>"
        f"<dm:person id={quoteattr(f'p{tuple_id}')}>{_OWN_ACTIVITIES[state]}</dm:person>"
        "</presence>"
    )


def _state(root: Element) -> LampState:
    found = [
        (basic.text or "").strip()
        for basic in root.iterfind(f"{_PIDF}tuple/{_PIDF}status/{_PIDF}basic")
    ]
    states = {_BASIC[text] for text in found if text in _BASIC}
    if LampState.FREE not in states:
        # Whoever is not there may be anything: nobody reaches them.
        return LampState.OFFLINE if states else LampState.UNKNOWN
    names = set(_activities(root))
    return next(
        (state for state, known in _ACTIVITIES.items() if names.intersection(known)),
        LampState.FREE,
    )


def _activities(root: Element) -> Iterator[str]:
    for listed in root.iter(f"{_RPID}activities"):
        yield from (one.tag.removeprefix(_RPID) for one in listed)


def _note(root: Element) -> str:
    paths = (f"{_PIDF}note", f"{_MODEL}person/{_MODEL}note", f"{_PIDF}tuple/{_PIDF}note")
    notes = (root.findtext(path) for path in paths)
    return next((note.strip()[:_LONGEST_NOTE] for note in notes if note and note.strip()), "")
