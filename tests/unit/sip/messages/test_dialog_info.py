"""Documents about a person's calls, most of them wrong."""

from __future__ import annotations

import pytest

from voip.lamps import LampState
from voip.sip.messages import dialog_info
from voip.sip.messages.dialog_info import Dialogs, Gap
from voip.sip.messages.documents import MOST_BYTES, Unreadable

SPACE = "urn:ietf:params:xml:ns:dialog-info"


def document(*dialogs: str, version: object = 0, state: str = "full", space: str = SPACE) -> bytes:
    return (
        f'<?xml version="1.0"?><dialog-info xmlns="{space}" version="{version}" state="{state}" '
        f'entity="sip:bob@pbx.test">{"".join(dialogs)}</dialog-info>'
    ).encode()


def dialog(state: str, name: str = "a", direction: str = "recipient") -> str:
    return f'<dialog id="{name}" direction="{direction}"><state>{state}</state></dialog>'


def read(body: bytes, kind: str = dialog_info.TYPE) -> dialog_info.DialogInfo:
    return dialog_info.read(kind, body)


def state_of(*bodies: bytes) -> LampState:
    dialogs = Dialogs()
    for body in bodies:
        dialogs.update(read(body))
    return dialogs.state


@pytest.mark.parametrize(
    ("dialogs", "expected"),
    [
        ((), LampState.FREE),
        ((dialog("terminated"),), LampState.FREE),
        ((dialog("trying"),), LampState.RINGING),
        ((dialog("proceeding"),), LampState.RINGING),
        ((dialog("early"),), LampState.RINGING),
        (('<dialog id="a"><state> early </state></dialog>',), LampState.RINGING),
        ((dialog("early", direction="initiator"),), LampState.BUSY),
        ((dialog("confirmed"),), LampState.BUSY),
        ((dialog("confirmed"), dialog("early", "b")), LampState.BUSY),
        ((dialog("terminated"), dialog("early", "b")), LampState.RINGING),
    ],
)
def test_dialogs_make_a_state(dialogs: tuple[str, ...], expected: LampState) -> None:
    assert state_of(document(*dialogs)) is expected


def test_nothing_is_known_before_the_first_document() -> None:
    assert Dialogs().state is LampState.UNKNOWN


def test_partial_documents_change_what_they_name() -> None:
    first = document(dialog("early"), version=3)
    second = document(dialog("confirmed", "b"), version=4, state="partial")
    third = document(dialog("terminated", "b"), version=5, state="partial")
    assert state_of(first, second) is LampState.BUSY
    assert state_of(first, second, third) is LampState.RINGING


@pytest.mark.parametrize("version", [1, 3])
def test_a_document_that_is_missing_is_noticed(version: int) -> None:
    dialogs = Dialogs()
    if version > 1:
        dialogs.update(read(document(version=1)))
    with pytest.raises(Gap):
        dialogs.update(read(document(dialog("early"), version=version, state="partial")))


@pytest.mark.parametrize("state", ["full", "partial"])
def test_an_older_document_changes_nothing(state: str) -> None:
    late = document(dialog("confirmed"), version=2, state=state)
    assert state_of(document(version=3), late) is LampState.FREE


def test_a_server_that_does_not_count_is_followed() -> None:
    busy = document(dialog("confirmed"), version=1)
    assert state_of(document(version=1), busy) is LampState.BUSY


def test_so_many_dialogs_are_nobodys() -> None:
    dialogs = Dialogs()
    for version in range(64):
        state = "partial" if version else "full"
        dialogs.update(read(document(dialog("early", str(version)), version=version, state=state)))
    with pytest.raises(Unreadable):
        dialogs.update(read(document(dialog("early", "x"), version=64, state="partial")))
    assert dialogs.state is LampState.RINGING


ENTITY = '<!DOCTYPE d [<!ENTITY word "early">]>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"early",
        b"<dialog-info",
        document(space="urn:something"),
        document(version=""),
        document(version=-1),
        document(version="1e3"),
        document(version="9" * 21),
        document(state="most"),
        document(dialog("singing")),
        document(dialog("early", name="")),
        document(dialog("early", name="n" * 257)),
        document(dialog("early"), dialog("early")),
        document('<dialog id="a"/>'),
        document(*(dialog("early", str(number)) for number in range(65))),
        document("<a>" * 13 + "</a>" * 13),
        document("<a/>" * 1000),
        document(" " * MOST_BYTES),
        document(dialog("early")).decode().encode("utf-16"),
        document(dialog("early")).replace(b"bob", b"b\xf6b"),
        document(dialog("early")).replace(b"?>", b"?>" + ENTITY.encode(), 1),
        document(dialog("&word;")),
        document(dialog("early")).replace(b' entity="sip:bob@pbx.test"', b""),
        document(dialog("early")) + b"<more/>",
    ],
)
def test_what_is_no_such_document_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


@pytest.mark.parametrize(
    "kind",
    [
        "", "text/plain", "application/pidf+xml", "application/dialog-info", "dialog-info+xml",
        "application/dialog-info+xml2", "multipart/mixed;boundary=b",
        "application/dialog-info+xml;charset=iso-8859-1",
        'application/dialog-info+xml; charset="utf-16"',
    ],
)  # fmt: skip
def test_another_type_is_not_read(kind: str) -> None:
    with pytest.raises(Unreadable):
        read(document(), kind)


@pytest.mark.parametrize(
    "kind", ["Application/Dialog-Info+XML", 'application/dialog-info+xml ; charset="UTF-8"']
)
def test_the_type_is_read_as_sip_writes_it(kind: str) -> None:
    assert read(document(version=7), kind).version == 7
