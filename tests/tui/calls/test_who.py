"""Who calls, who is at the other end now, and by whose word."""

from __future__ import annotations

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.unit.engine.people.test_lookup import cards, look_up
from voip.model import CallState, Outcome
from voip.protocol.calls import AnswerCall

_BOB = '"Bob" <sip:bob@pbx.example.com>'


async def test_a_caller_is_named_by_the_server_and_so_is_who_forwarded(
    main: Screen, standin: StandIn
) -> None:
    call = await standin.incoming(
        remote='"Mallory" <sip:mallory@evil.example>',
        asserted='"Bob" <sip:bob@pbx.example.com>',
        diverted_by='"Reception" <sip:200@pbx.example.com>;reason=no-answer',
    )
    await main.resize(120, 40)
    await main.sees("bob@pbx.example.com")
    await main.sees("forwarded by “Reception”")
    assert "mallory" not in main.text.lower()
    standin.remote_hangs_up(call)
    assert (await standin.until_logged(call)).remote.uri == "sip:bob@pbx.example.com"


async def test_another_far_end_is_named_within_the_call(main: Screen, standin: StandIn) -> None:
    await main.resize(120, 40)
    call = await standin.incoming(remote=_BOB)
    await standin.client.ask(AnswerCall(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    standin.server_names(call, '"Carol" <sip:carol@pbx.example.com>')
    await main.sees("now “Carol” (carol@pbx.example.com)")
    assert "bob@pbx.example.com" in main.text
    standin.server_names(call, _BOB)
    await main.until(lambda: "Carol" not in main.text)


async def test_a_call_that_a_colleague_answered_is_not_missed(
    main: Screen, standin: StandIn
) -> None:
    call = await standin.incoming(remote=_BOB)
    await main.until(lambda: main.app.state.incoming)
    main.said.clear()
    standin.answered_elsewhere(call)
    assert (await standin.until_logged(call)).outcome is Outcome.ELSEWHERE
    await main.sees("elsewhere")
    assert "missed" not in main.text
    # The window gets its title back, and nothing rings or asks for attention.
    assert not [said for said in main.said if "\a" in said.replace("\x1b]0;", "").rstrip("\a")]


async def test_a_contact_is_found_by_name_called_and_recognized(
    main: Screen, standin: StandIn
) -> None:
    cards(standin, ("Ana Pérez", "TEL:+34 600 111 222"))
    await main.press("d")
    await main.type("ana")
    await main.sees("Ana Pérez")
    await main.press("down", "enter")
    await main.until(lambda: standin.script.called)
    assert standin.script.called == ["sip:+34600111222@pbx.example.com;transport=tls"]
    await main.sees("Ana Pérez")


async def test_a_caller_has_the_name_of_a_contact_with_another_spelling(
    phone: Screen, standin: StandIn
) -> None:
    await phone.to_main()
    await standin.add_account("work", country="ES")
    cards(standin, ("Ana Pérez", "TEL:+34 600 111 222"))
    await look_up(standin, "")
    await standin.incoming(remote='"Mallory" <sip:600111222@pbx.example.com>')
    await phone.sees("Ana Pérez")
    assert "Mallory" not in phone.text


async def test_a_number_is_said_as_the_server_takes_it(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await standin.add_account("work", country="DE", plus="00", trunk="0")
    await phone.sees("work")
    await phone.press("d")
    await phone.paste("+49 (0)30 123456")
    await phone.sees("calls 030123456@pbx.example.com")
    await phone.press("enter")
    await phone.until(lambda: standin.script.called)
    assert standin.script.called == ["sip:030123456@pbx.example.com;transport=tls"]
    await phone.press("d")
    await phone.paste("**620")
    await phone.sees("calls **620@pbx.example.com")
