"""Documents about a person's presence, some of them wrong."""

from __future__ import annotations

import pytest

from voip.lamps import LampState
from voip.sip.messages import pidf
from voip.sip.messages.documents import Unreadable


def document(*parts: str) -> bytes:
    return (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
        'xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" '
        f'entity="pres:bob@pbx.test">{"".join(parts)}</presence>'
    ).encode()


def status(basic: str) -> str:
    return f'<tuple id="t"><status><basic>{basic}</basic></status></tuple>'


def does(activity: str) -> str:
    return f'<dm:person id="p"><r:activities><r:{activity}/></r:activities></dm:person>'


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), LampState.UNKNOWN),
        ((status("open"),), LampState.FREE),
        ((status(" closed "),), LampState.OFFLINE),
        ((status("perhaps"),), LampState.UNKNOWN),
        ((status("closed"), status("open")), LampState.FREE),
        ((status("open"), does("on-the-phone")), LampState.BUSY),
        ((status("open"), does("away")), LampState.AWAY),
        ((status("open"), does("meeting")), LampState.DND),
        ((status("open"), does("juggling")), LampState.FREE),
        ((status("closed"), does("on-the-phone")), LampState.OFFLINE),
        ((does("away"),), LampState.UNKNOWN),
    ],
)
def test_presence_makes_a_state(parts: tuple[str, ...], expected: LampState) -> None:
    assert pidf.read(pidf.TYPE, document(*parts)).state is expected


def test_the_note_is_the_persons_own_bounded() -> None:
    presence = pidf.read(pidf.TYPE, document(status("open"), f"<note> {'x' * 300} </note>"))
    assert presence.entity == "pres:bob@pbx.test"
    assert presence.note == "x" * 200


def test_a_note_is_read_where_servers_put_it() -> None:
    body = document('<dm:person id="p"><dm:note>Lunch</dm:note></dm:person>', status("open"))
    assert pidf.read(pidf.TYPE, body).note == "Lunch"


@pytest.mark.parametrize("body", [b"", b"<presence/>", document()[:-1], b"\xff" + document()])
def test_what_is_no_such_document_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        pidf.read(pidf.TYPE, body)


@pytest.mark.parametrize("state", [LampState.FREE, LampState.BUSY, LampState.DND])
def test_a_document_of_ours_is_read_as_it_was_meant(state: LampState) -> None:
    entity = "sip:o'b\"<&>@pbx.example.com"
    written = pidf.write(entity, "t1", state)
    assert pidf.read(pidf.TYPE, written.encode()) == pidf.Presence(entity, state)
