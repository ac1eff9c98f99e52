"""Numbers as an account's server takes them."""

from __future__ import annotations

import re
import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voip.sip.plans import NO_TRUNK, Plan, is_emergency

ES, DE, GB, US = Plan("ES"), Plan("DE"), Plan("GB"), Plan("US")

PLANS = st.builds(
    Plan,
    country=st.sampled_from(["", "ES", "DE", "GB", "US", "IT", "RU", "AR", "BR", "AT", "SM"]),
    plus=st.sampled_from(["+", "00", "011", "000", "810", "12"]),
    trunk=st.sampled_from(["", NO_TRUNK, "0", "00", "1", "8", "9", "34"]),
)
NUMBERS = st.one_of(
    st.from_regex(r"\A(\+|00|011|0|1|8)?[0-9]{1,15}\Z", alphabet="+0123456789"),
    st.sampled_from(
        ["34600111222", "493012345", "442079460018", "12015550123", "390612345678"]
    ).map("+{}".format),
    st.text("+0123456789*#", max_size=20),
)


@pytest.mark.parametrize(
    ("plan", "number", "sent"),
    [
        (ES, "+34600111222", "+34600111222"),
        (ES, "600111222", "+34600111222"),
        (ES, "0034600111222", "+34600111222"),
        (GB, "02079460018", "+442079460018"),
        (GB, "+4402079460018", "+442079460018"),
        (US, "2015550123", "+12015550123"),
        (US, "12015550123", "+12015550123"),
        (US, "01134600111222", "+34600111222"),
        (Plan("IT"), "0612345678", "+390612345678"),
        (Plan("ES", "00"), "+34600111222", "0034600111222"),
        (Plan("US", "011"), "+442079460018", "011442079460018"),
        (Plan("ES", "00", NO_TRUNK), "+34600111222", "600111222"),
        (Plan("ES", "00", NO_TRUNK), "+4930123456", "004930123456"),
        (Plan("DE", "00", "0"), "+4930123456", "030123456"),
        (Plan("DE", "00", "0"), "030123456", "030123456"),
        (Plan("DE", "00", "0"), "+34600111222", "0034600111222"),
        # With its trunk prefix the number would be one of Madrid.
        (Plan("DE", "00", "0034"), "+49911234567", "0049911234567"),
        (Plan(plus="00"), "+34600111222", "0034600111222"),
        (Plan(plus="00"), "+999123456789", "00999123456789"),
        (ES, "+999123456789", "+999123456789"),
    ],
)
def test_form_of_a_number(plan: Plan, number: str, sent: str) -> None:
    assert plan.on_the_wire(number) == sent
    assert plan.e164(sent) == plan.e164(number) is not None


@pytest.mark.parametrize(
    ("plan", "number"),
    [
        (DE, "30123456"),  # in Munich a local number, and with 0 in front one of Berlin
        (GB, "79460018"),
        (US, "5550123"),
        (ES, "34600111222"),
        (ES, "0600111222"),
        (Plan(), "600111222"),
        (Plan("ES", "00"), "600111222"),
        (Plan("US", "011"), "2015550123"),
        (ES, "bob"),
        (ES, "112"),
        (US, "911"),
        (GB, "999"),
    ],
)
def test_it_stays_as_typed(plan: Plan, number: str) -> None:
    assert plan.on_the_wire(number) == number


@given(PLANS, NUMBERS)
@example(ES, "**620")
@example(ES, "*67600111222")
@example(Plan("ES", "00", "9"), "+12")
def test_codes_and_short_numbers_stay_as_typed(plan: Plan, number: str) -> None:
    if re.search("[*#]", number) or len(number.replace("+", "")) < 7:
        assert plan.on_the_wire(number) == number
        assert plan.e164(number) is None
        assert plan.grouped(number) == number


@pytest.mark.parametrize("number", ["**620", "*67600111222", "600111222#", "7042", "+34600"])
def test_library_never_sees_them(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError(f"{number} was given to the library")

    monkeypatch.setattr(phonenumbers, "parse", refuse)
    for plan in (ES, Plan("US", "011", "1"), Plan()):
        assert plan.on_the_wire(number) == plan.grouped(number) == number
    with pytest.raises(AssertionError, match="given to the library"):
        ES.on_the_wire("600111222")


@given(PLANS, NUMBERS)
@example(Plan("DE", "00", "00"), "+4930123456")
@example(Plan("US", "011", "0"), "+12015550123")
def test_twice_is_as_once_and_calls_the_same_telephone(plan: Plan, number: str) -> None:
    sent = plan.on_the_wire(number)
    assert plan.on_the_wire(sent) == sent
    assert sent == number or plan.e164(sent) == plan.e164(number) is not None


@given(PLANS, NUMBERS)
@example(ES, "600111222")
@example(US, "12015550123")
def test_grouping_changes_no_digit(plan: Plan, number: str) -> None:
    shown = plan.grouped(number)
    assert re.sub(r"[^+0-9*#]", "", shown) == number


@pytest.mark.parametrize(
    ("plan", "number", "shown"),
    [
        (ES, "+34600111222", "+34 600 11 12 22"),
        (ES, "600111222", "600 11 12 22"),
        (US, "2015550123", "(201) 555-0123"),
        (Plan(), "+442079460018", "+44 20 7946 0018"),
        (Plan(), "600111222", "600111222"),
        (ES, "0600111222", "0600111222"),
    ],
)
def test_grouping(plan: Plan, number: str, shown: str) -> None:
    assert plan.grouped(number) == shown


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("112", "", True),
        ("999", "", True),
        ("999", "GB", True),
        ("999", "ES", False),
        ("085", "ES", True),
        ("911", "ES", True),
        ("100", "", False),
        ("100", "ES", False),
        ("*112", "ES", False),
        ("112112", "ES", False),
        ("\u0661\u0661\u0662", "ES", False),
        ("bob", "ES", False),
    ],
)
def test_emergency_numbers(number: str, country: str, expected: bool) -> None:
    assert is_emergency(number, country) is expected


def test_library_waits_for_a_number_of_a_country() -> None:
    program = (
        "import sys\n"
        "from voip.sip.plans import Plan, is_emergency\n"
        "Plan(plus='00').on_the_wire('+34600111222'); is_emergency('112', '')\n"
        "import voip.engine.serving, voip.cli.app, tui.app\n"
        "assert 'phonenumbers' not in sys.modules\n"
        "Plan('ES').e164('600111222')\n"
        "assert 'phonenumbers' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
