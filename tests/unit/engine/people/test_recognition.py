"""A contact by another spelling of their number, and nobody by a like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voip.engine.people import recognition
from voip.engine.people.recognition import Endings, Match
from voip.protocol.people import Contact, ContactNumber
from voip.sip.plans import Plan

ES, DE, NO_COUNTRY = Plan("ES"), Plan("DE"), Plan()


def endings(*everybodys: Match) -> Endings:
    return recognition.endings(recognition.possible_callers(everybodys))


def find(plan: Plan, caller: str, *targets: str, last_digits: int = 9) -> str | None:
    """Target of the contact that a caller is; each contact has one."""
    people = [Contact(f"Name {place}", (ContactNumber(t),)) for place, t in enumerate(targets)]
    known = endings(*(Match(person, person.numbers[0]) for person in people))
    match = recognition.find(known, caller, plan, last_digits)
    return match.number.target if match else None


@pytest.mark.parametrize(
    ("plan", "caller", "target"),
    [
        (ES, "600111222", "+34 600 111 222"),
        (ES, "+34600111222", "600 11 12 22"),
        (ES, "0034600111222", "600111222"),
        (ES, "0600111222", "+34 600 111 222"),  # 0 for an outside line
        (NO_COUNTRY, "600111222", "+34 600 111 222"),
        (NO_COUNTRY, "0034600111222", "tel:+34-600-111-222"),
        (NO_COUNTRY, "34600111222", "600111222"),
        (Plan("NO"), "22334455", "+47 22 33 44 55"),  # shorter than nine digits
        (DE, "030123456", "+49 (0)30 123456"),
        (Plan("US"), "12015550123", "(201) 555-0123"),
        (Plan("ES", "000"), "00034600111222", "600111222"),
    ],
)
def test_one_telephone(plan: Plan, caller: str, target: str) -> None:
    assert find(plan, caller, target, "+44 20 7946 0018", "100") == target


@pytest.mark.parametrize(
    ("plan", "caller", "target"),
    [
        (ES, "600111222", "+49 600 111 222"),
        (ES, "+49600111222", "600 111 222"),
        (NO_COUNTRY, "+49600111222", "+34 600 111 222"),
        (NO_COUNTRY, "500111222", "600 111 222"),
        (NO_COUNTRY, "22334455", "+47 22 33 44 55"),
        (NO_COUNTRY, "00111222", "600 111 222"),
        (DE, "30123456", "030 123456"),
        (ES, "111222", "600 111 222"),
        (ES, "*600111222", "600 111 222"),
        (ES, "600111222#", "600 111 222"),
        (ES, "+600111222", "600 111 222"),
        (ES, "600111222", "*31#600111222"),
        (ES, "600111222", "sip:+34600111222@other.example"),
        (ES, "600111222", "tel:600111222;phone-context=pbx.example.com"),
        (ES, "600111222", "bob"),
    ],
)
def test_two_telephones(plan: Plan, caller: str, target: str) -> None:
    assert find(plan, caller, target) is None


def test_contact_is_the_only_one_whose_number_ends_so() -> None:
    like = ("+34 600 111 222", "+44 7600 111 222")
    assert find(NO_COUNTRY, "600111222", *like) is None
    assert find(NO_COUNTRY, "600111222", *like[:1]) == like[0]
    # The country says which of the two it is.
    assert find(ES, "600111222", *reversed(like)) == like[0]
    assert find(Plan("GB"), "07600111222", *like) == like[1]


def test_one_person_with_several_numbers_that_end_so_is_one() -> None:
    bob = Contact("Bob", (ContactNumber("+34 600 111 222"), ContactNumber("600 111 222")))
    again = Contact("bob", (ContactNumber("0 600 111 222"),))
    known = endings(*(Match(who, n) for who in (bob, again) for n in who.numbers))
    match = recognition.find(known, "9600111222", NO_COUNTRY, 9)
    assert match is not None
    assert match.contact == bob


@pytest.mark.parametrize(("last_digits", "expected"), [(7, "+34 600 111 222"), (8, None)])
def test_setting_says_how_many_digits(last_digits: int, expected: str | None) -> None:
    found = find(NO_COUNTRY, "990111222", "+34 600 111 222", last_digits=last_digits)
    assert found == expected


def test_number_of_a_whole_house_is_nobodys() -> None:
    desk = Contact("Desk", (ContactNumber("+34 600 111 222", tones="12"),))
    known = endings(Match(desk, desk.numbers[0]))
    assert recognition.find(known, "600111222", ES, 9) is None


@given(st.text(max_size=20), st.sampled_from([ES, NO_COUNTRY, Plan("US", "011", "1")]))
def test_what_is_not_a_number_is_nobody(caller: str, plan: Plan) -> None:
    digits = caller.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) >= 7):
        assert find(plan, caller, "+34 600 111 222", "7600111", "0000000") is None
