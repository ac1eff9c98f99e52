"""The dial line names its callee, and calls only a complete number."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from voip.protocol.calls import HangUp


@pytest.mark.parametrize(
    ("pasted", "line", "hint"),
    [
        ("\u202a(+49) 30 123\u202c\r\n", "\u202a(+49) 30 123\u202c", "calls +4930123@pbx.example"),
        ("\n 1-800-FLOWERS", "1-800-FLOWERS", "calls 18003569377@pbx.example"),
        ("tel:9%23", "tel:9%23", "calls 9#@pbx.example"),
        ("+49\u00a030\u202f123", "+49\u00a030\u202f123", "calls +4930123@pbx.example"),
        ("9bob", "9bob", "calls 9bob@pbx.example"),
        ("100,,55#", "100,,55#", "calls 100@pbx.example.com, then sends ,,55#"),
        ("555 ext. 5", "555 ext. 5", "call 555, then send 5 as tones"),
    ],
)
@pytest.mark.parametrize("typing", [False, True])
async def test_what_is_pasted_says_whom_it_calls(
    main: Screen, pasted: str, line: str, hint: str, typing: bool
) -> None:
    if typing:
        await main.press("d")
    await main.paste(pasted)
    assert main.app.main.dial.input.value == line
    await main.sees(hint)


@pytest.mark.parametrize("typing", [False, True])
@pytest.mark.parametrize("pasted", ["555 0100\n555 0200", "555\t0100", "1\u20282", "\n1\r\r2\n"])
async def test_of_several_lines_none_is_called(
    main: Screen, standin: StandIn, pasted: str, typing: bool
) -> None:
    if typing:
        await main.press("d")
    await main.paste(pasted)
    await main.sees("Several lines were pasted: paste one number at a time")
    assert main.app.main.dial.input.value == ""
    await main.press("enter")
    assert standin.script.called == []


@pytest.mark.parametrize("typing", [False, True])
async def test_a_paste_is_not_cut(main: Screen, typing: bool) -> None:
    if typing:
        await main.press("d")
    await main.paste("1" * 256)
    await main.sees("What was pasted is longer than any number or address")
    assert main.app.main.dial.input.value == ""


async def test_a_paste_goes_to_the_cursor(main: Screen) -> None:
    await main.press("d", "1", "4", "left")
    await main.paste("23")
    assert main.app.main.dial.input.value == "1234"


async def missed_call(main: Screen, standin: StandIn, remote: str) -> None:
    """Receive a call that is cancelled; the cursor is on its row of the log."""
    call = await standin.incoming("work", remote)
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    await main.sees("missed")
    main.app.main.log_pane.rows.focus()
    await main.settle()


async def test_a_caller_from_the_exchange_is_called_back_at_the_domain(
    main: Screen, standin: StandIn
) -> None:
    await missed_call(main, standin, "<sip:+49301234@10.0.0.1>")
    await main.press("enter")
    await main.until(lambda: standin.script.called)
    assert standin.script.called == ["sip:+49301234@pbx.example.com;transport=tls"]


async def test_a_caller_who_hides_cannot_be_called_back(main: Screen, standin: StandIn) -> None:
    await missed_call(main, standin, '"Anonymous" <sip:anonymous@anonymous.invalid>')
    await main.press("enter")
    await main.sees("The caller hid their number: they cannot be called back")
    assert standin.script.called == []


async def test_what_was_dialled_is_dialled_again(main: Screen, standin: StandIn) -> None:
    call = await standin.call("+49301234@10.0.0.1")
    await standin.client.ask(HangUp(call=call))
    await standin.until_logged(call)
    await main.sees("cancelled")
    main.app.main.log_pane.rows.focus()
    await main.settle()
    await main.press("enter")
    await main.until(lambda: len(standin.script.called) == 2)
    assert standin.script.called == ["sip:+49301234@10.0.0.1;transport=tls"] * 2


async def test_emergency_number_of_an_account_without_them_is_warned_of(
    phone: Screen, standin: StandIn
) -> None:
    await phone.to_main()
    await standin.add_account("work", emergency=False)
    await phone.sees("work")
    await phone.press("d", "1", "1", "2")
    await phone.sees("“work” places no emergency calls: use another phone")
    await phone.press("enter")
    await phone.until(lambda: standin.script.called)
    assert standin.script.called == ["sip:112@pbx.example.com;transport=tls"]
    await phone.sees("“work” places no emergency calls: use another phone")
