"""A number in several spellings: one telephone, and one contact."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from tests.unit.engine.people.test_lookup import cards, look_up, suggested
from voip.model import NameFrom
from voip.protocol.calls import CallStarted, DeclineCall, HangUp, PlaceCall
from voip.protocol.settings import ChangeSettings
from voip.protocol.worker.calls import StartCall

_NO_EMERGENCY = "“work” places no emergency calls: use another phone"


async def test_number_is_sent_in_the_form_of_the_account(standin: StandIn) -> None:
    await standin.add_account("work", country="DE", plus="00", trunk="0")
    cards(standin, ("Ana", "TEL:+34 600 111 222"))
    for typed, user in {
        "+49 (0)30 123456": "030123456",
        "Ana": "0034600111222",
        "tel:+34-600-111-222": "0034600111222",
        "**620": "**620",
        "tel:030123456;phone-context=pbx.example.com": "030123456",
        "sip:+34600111222@other.example": "+34600111222",
    }.items():
        found = (await look_up(standin, typed)).uri
        assert found is not None
        assert found.partition("@")[0].replace("%23", "#") == f"sip:{user}", typed
        call = await standin.call(typed)
        started = [o for o in standin.script.orders if isinstance(o, StartCall)][-1]
        assert started.uri == found
        await standin.client.ask(HangUp(call=call))


async def test_number_of_a_private_plan_belongs_to_no_country(standin: StandIn) -> None:
    await standin.add_account("work", country="ES")
    private = await look_up(standin, "tel:600111222;phone-context=pbx.example.com")
    assert private.uri == "sip:600111222@pbx.example.com;transport=tls"
    public = await look_up(standin, "tel:600111222;phone-context=+34")
    assert public.uri == "sip:+34600111222@pbx.example.com;transport=tls"


async def test_emergency_number_is_called_with_a_warning(standin: StandIn) -> None:
    await standin.add_account("work", country="ES", plus="00", emergency=False)
    await standin.add_account("home", country="ES")
    for typed in ("112", "tel:112", "112@pbx.example.com", "085"):
        found = await look_up(standin, typed, account="work")
        user = typed.removeprefix("tel:").partition("@")[0]
        assert found.uri == f"sip:{user}@pbx.example.com;transport=tls"
        assert found.warning == _NO_EMERGENCY
        started = await standin.client.get(PlaceCall(target=typed, account="work"), CallStarted)
        assert started.notice == _NO_EMERGENCY
        await standin.client.ask(HangUp(call=started.call))
        assert (await look_up(standin, typed, account="home")).warning is None
    assert (await look_up(standin, "100", account="work")).warning is None
    assert (await look_up(standin, "112@other.example", account="work")).warning is None


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("<sip:600111222@pbx.example.com>", "Ana"),
        ("<sip:0034600111222@10.0.0.1>", "Ana"),
        ('"Ana" <sip:600111222@pbx.example.com;user=phone>', "Ana"),
        ("<tel:600111222;phone-context=+34>", "Ana"),
        ("<sip:207946018@pbx.example.com>", ""),  # of two people who end so
        # Nobody else gets her name.
        ("<sip:600111222@evil.example>", ""),
        ("<sip:600111222@9.9.9.9>", ""),
        ("<sip:600111222@anonymous.invalid>", ""),
        ("<sip:600111222;phone-context=evil.example@pbx.example.com>", ""),
        ("<tel:600111222;phone-context=evil.example>", ""),
        ("<sip:600-111-ABC@pbx.example.com>", ""),
        ("<sip:x600111222@pbx.example.com>", ""),
        ("<sip:600111222%20x@pbx.example.com>", ""),
        ("<sip:0034.600.111.222@pbx.example.com>", ""),
        ("<sip:*31%23600111222@pbx.example.com>", ""),
        ("<sip:600111222%23@pbx.example.com>", ""),
        ("<sip:+600111222@pbx.example.com>", ""),
        ("<sip:+49600111222@pbx.example.com>", ""),
        ("<sip:%D9%A6%D9%A0%D9%A0111222@pbx.example.com>", ""),
        ("<sip:600111222,,5@pbx.example.com>", ""),
        ("<sip:111222@pbx.example.com>", ""),
    ],
)
async def test_caller_is_a_contact_by_another_spelling_of_the_number(
    standin: StandIn, sender: str, name: str
) -> None:
    await standin.add_account("work", country="ES")
    cards(
        standin,
        ("Ana", "TEL:+34 600 111 222"),
        ("Eve", "TEL:+1 207 946 018"),
        ("Ida", "TEL:9 207 946 018"),
    )
    await look_up(standin, "")
    call = await standin.incoming("work", sender)
    (shown,) = (await standin.status()).calls
    assert shown.remote.name == ("Ana" if name or '"Ana"' in sender else "")
    assert (shown.remote.name_from is NameFrom.CONTACT) is bool(name)
    await standin.client.ask(DeclineCall(call=call))
    assert (await standin.until_logged(call)).remote.name == shown.remote.name


async def test_last_digits_are_a_setting(standin: StandIn) -> None:
    await standin.add_account("work")
    cards(standin, ("Ana", "TEL:+47 22 33 44 55"))
    names = []
    for digits in (9, 8):
        await standin.client.ask(ChangeSettings(changes={"contacts.last_digits": digits}))
        await look_up(standin, "")
        call = await standin.incoming("work", "<sip:22334455@pbx.example.com>")
        (shown,) = (await standin.status()).calls
        names.append(shown.remote.name)
        await standin.client.ask(DeclineCall(call=call))
        await standin.until_logged(call)
    assert names == ["", "Ana"]


async def test_dialled_number_has_the_name_of_its_contact_in_any_spelling(
    standin: StandIn,
) -> None:
    await standin.add_account("work", country="ES", plus="00")
    cards(standin, ("Ana", "TEL:+34 600 111 222"))
    call = await standin.call("600 11 12 22")
    (shown,) = (await standin.status()).calls
    assert (shown.remote.name, shown.remote.uri) == ("Ana", "sip:600111222@pbx.example.com")
    await standin.client.ask(HangUp(call=call))
    await standin.until_logged(call)
    # The log's row is the contact's, and not another person.
    assert await suggested(standin, "600111222") == [("contact", "Ana", "+34 600 111 222")]


async def test_number_of_a_contact_s_private_plan_is_called_as_it_is(standin: StandIn) -> None:
    await standin.add_account("work", country="ES")
    cards(standin, ("Ana", "TEL;VALUE=uri:tel:600111222;phone-context=pbx.example.com"))
    assert (await look_up(standin, "Ana")).uri == "sip:600111222@pbx.example.com;transport=tls"
