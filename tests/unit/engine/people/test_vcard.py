"""vCard files: each card is read by itself, whichever program wrote it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.people import vcard
from voip.engine.people.vcard import Card, CardError, Odd, Property


def card(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", *lines, "END:VCARD", ""])


def one(*lines: str) -> Card:
    result = vcard.read(card(*lines).encode())
    assert result.odd == ()
    (only,) = result.cards
    return only


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("TEL:100", Property("TEL", "100")),
        ("tel;type=Work,VOICE:100", Property("TEL", "100", types=("work", "voice"))),
        ("TEL;TYPE=\"work,voice\";VALUE=uri:tel:1;ext=2",
         Property("TEL", "tel:1;ext=2", types=("work", "voice"))),
        ("TEL;CELL;PREF:1", Property("TEL", "1", types=("cell", "pref"), preference=1)),
        ("TEL;X=\"a:b;c\":1", Property("TEL", "1")),
        ("Item1.TEL;PREF=7:1", Property("TEL", "1", "item1", preference=7)),
        ("TEL;PREF=0:1", Property("TEL", "1", preference=1)),
        ("TEL;PREF=9999999:1", Property("TEL", "1", preference=100)),
        ("TEL;PREF=best:1", Property("TEL", "1")),
        ("item1.X-ABLabel:Work", Property("X-ABLABEL", "Work", "item1")),
        ("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=iso-8859-1:M=FCller", Property("FN", "Müller")),
        ("FN;QUOTED-PRINTABLE;CHARSET=nonsense:M=C3=BCller",
         Property("FN", "Müller", types=("quoted-printable",))),
        ("FN;ENCODING=QUOTED-PRINTABLE:M=C3=\r\n=BCller", Property("FN", "Müller")),
        ("FN:Mül\r\n ler\r\n\t Jr", Property("FN", "Müller Jr")),
        ("FN:Mül\n ler", Property("FN", "Müller")),
    ],
)  # fmt: skip
def test_lines(line: str, result: Property) -> None:
    assert one(line).properties == (result,)


def test_text_is_unescaped() -> None:
    assert Property("FN", r"a\,b\;c\\d\Ne").value == "a,b;c\\d\ne"
    assert Property("N", r"a\;b;;c\\;d").parts == ("a;b", "", "c\\", "d")
    assert Property("N", "").parts == ("",)


NAME = card("FN:Jürgen – Ünsal", "TEL:1")


@pytest.mark.parametrize(
    "data",
    [
        NAME.encode(),
        NAME.encode("utf-8-sig"),
        NAME.encode("utf-16"),
        b"\xfe\xff" + NAME.encode("utf-16-be"),
        NAME.encode("cp1252"),
        NAME.encode().replace(b"\xc3\x9c", b"\xc3\r\n \x9c"),
        NAME.replace("\r\n", "\n").encode(),
        NAME.replace("\r\n", "\r").encode(),
    ],
)
def test_encodings(data: bytes) -> None:
    (result,) = vcard.read(data).cards
    assert result.properties[0].value == "Jürgen – Ünsal"


def test_cards_of_several_encodings_in_one_file() -> None:
    data = card("FN:Jürgen").encode() + card("FN:Jürgen").encode("latin-1")
    names = [result.properties[0].value for result in vcard.read(data).cards]
    assert names == ["Jürgen", "Jürgen"]


def test_other_lines_are_passed_over() -> None:
    result = one(
        "VERSION:3.0", "", "PHOTO;ENCODING=b:/9j/4AAQ", "/unfolded+picture==", "TEL:1",
        "NOTE:one", "two", "three\x85four", "FN:Bob",
    )  # fmt: skip
    assert [(p.name, p.value) for p in result.properties] == [("TEL", "1"), ("FN", "Bob")]


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ("BEGIN:VCARD\r\nFN:x\r\nTEL:+49301\r\n", "it has no END:VCARD"),
        (card("FN:x", "TEL:+4930", "1234"), "a line of it is not that of a vCard"),
        (card("nothing", "FN:x"), "a line of it is not that of a vCard"),
        (card("FN:x", 'TEL;TYPE="work:1'), "a line of it is not that of a vCard"),
    ],
)
def test_a_card_that_may_be_cut_is_left_out_and_no_other(odd: str, why: str) -> None:
    result = vcard.read(f"{card('FN:a')}{odd}{card('FN:b')}".encode())
    assert [each.properties[0].value for each in result.cards] == ["a", "b"]
    assert result.odd == (Odd(4, why),)


def test_what_is_no_vcard() -> None:
    assert vcard.read(b" \r\n").cards == ()
    with pytest.raises(CardError):
        vcard.read(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")


TELLING = 'BEGIN:VCARD END:;=,\\."^\r\n\t FNTEL10+\x00\x85\u202eü'


@given(st.text(TELLING, max_size=80) | st.binary(max_size=60), st.sampled_from(["utf-8", "utf-16"]))
def test_whatever_stands_between_two_cards_costs_neither(
    content: str | bytes, encoding: str
) -> None:
    # In a file of one encoding, as one program writes it.
    between = content.decode("latin-1") if isinstance(content, bytes) else content
    data = f"{card('FN:a')}{between}\r\n{card('FN:b')}".encode(encoding)
    names = [p.value for result in vcard.read(data).cards for p in result.properties[:1]]
    assert names[:1] == ["a"]
    assert names[-1:] == ["b"]


@given(st.lists(st.text(TELLING, max_size=12), max_size=4))
def test_no_line_of_a_card_is_anything_but_read_or_odd(lines: list[str]) -> None:
    result = vcard.read(card("FN:a", *lines).encode())
    assert result.cards or result.odd
    for each in result.cards:
        assert all(len(re.split("[\r\n]", p.text)) == 1 for p in each.properties)
