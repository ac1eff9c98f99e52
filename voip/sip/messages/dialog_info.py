"""Calls of a person, as their server reports them (RFC 4235)."""

from __future__ import annotations

import re
from enum import StrEnum
from xml.etree.ElementTree import Element

import msgspec

from voip.lamps import LampState
from voip.sip.messages import documents
from voip.sip.messages.documents import Unreadable

PACKAGE = "dialog"
TYPE = "application/dialog-info+xml"

_SPACE = "{urn:ietf:params:xml:ns:dialog-info}"
_MOST_DIALOGS = 64
_LONGEST_ID = 256
_VERSION = re.compile(r"[0-9]{1,20}")


class DialogState(StrEnum):
    """State of a dialog (RFC 4235 section 3.7.1)."""

    TRYING = "trying"
    PROCEEDING = "proceeding"
    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Dialog(msgspec.Struct, frozen=True):
    """Dialog of the person; `calls` if they called, rather than were called."""

    state: DialogState
    calls: bool = False

    @property
    def rings(self) -> bool:
        """True for a call that the person could answer."""
        return not self.calls and self.state is not DialogState.CONFIRMED


class DialogInfo(msgspec.Struct, frozen=True):
    """Document about the dialogs of `entity`, all of them if it is `full`."""

    entity: str
    version: int
    full: bool
    dialogs: dict[str, Dialog]


class Gap(Exception):
    """A document is missing: the full state has to be asked for."""


class Dialogs:
    """Dialogs of one subscription, as its documents change them."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._dialogs: dict[str, Dialog] = {}

    def update(self, info: DialogInfo) -> LampState:
        """Apply a document (RFC 4235 section 4.3), an older one not; return the state.

        Raises:
            Gap: it changes a state that was not reported.
            Unreadable: there are more dialogs than anybody has.
        """
        if self._version is None or info.version > self._version or info.full:
            self._apply(info)
        return self.state

    def _apply(self, info: DialogInfo) -> None:
        before = self._version
        if info.full:
            # Some servers never count: the same version may hold a new state.
            if before is not None and info.version < before:
                return
            merged = info.dialogs
        elif before is None or info.version != before + 1:
            raise Gap
        else:
            merged = {**self._dialogs, **info.dialogs}
        left = {
            name: one for name, one in merged.items() if one.state is not DialogState.TERMINATED
        }
        if len(left) > _MOST_DIALOGS:
            raise Unreadable("too many dialogs")
        self._version, self._dialogs = info.version, left

    @property
    def state(self) -> LampState:
        if self._version is None:
            return LampState.UNKNOWN
        dialogs = self._dialogs.values()
        # With a call of their own they are busy, whoever else calls.
        if any(not one.rings for one in dialogs):
            return LampState.BUSY
        return LampState.RINGING if dialogs else LampState.FREE


def read(content_type: str, body: bytes) -> DialogInfo:
    """Read a document.

    Raises:
        Unreadable: it is none, or says what its RFC does not know.
    """
    root = documents.read(content_type, body, TYPE, f"{_SPACE}dialog-info")
    version, state = root.get("version", ""), root.get("state")
    entity = root.get("entity")
    if not _VERSION.fullmatch(version) or state not in ("full", "partial") or not entity:
        raise Unreadable("no version, state or entity")
    elements = root.findall(f"{_SPACE}dialog")
    if len(elements) > _MOST_DIALOGS:
        raise Unreadable("too many dialogs")
    dialogs = dict(map(_dialog, elements))
    if len(dialogs) != len(elements):
        raise Unreadable("two dialogs of one id")
    return DialogInfo(entity, int(version), state == "full", dialogs)


def _dialog(element: Element) -> tuple[str, Dialog]:
    name = element.get("id", "")
    if not 0 < len(name) <= _LONGEST_ID:
        raise Unreadable("a dialog without an id")
    try:
        state = DialogState((element.findtext(f"{_SPACE}state") or "").strip())
    except ValueError:
        raise Unreadable("a dialog without a state") from None
    return name, Dialog(state, calls=element.get("direction") == "initiator")
