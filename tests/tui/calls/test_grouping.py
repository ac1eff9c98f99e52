"""Numbers on the screen are in the groups of their country."""

from __future__ import annotations

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from voip.protocol.calls import DeclineCall


async def test_number_of_a_call_and_of_its_row_in_the_log(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await standin.add_account("work", country="GB")
    await phone.sees("work")
    call = await standin.incoming("work", "<sip:02079460018@pbx.example.com>")
    await phone.sees("020 7946 0018  02079460018@pbx.example.com")
    await standin.client.ask(DeclineCall(call=call))
    logged = await standin.until_logged(call)
    await phone.sees("declined")
    (row,) = [line for line in phone.lines if "declined" in line and "020" in line]
    assert "020 7946 0018" in row
    assert logged.remote.uri == "sip:02079460018@pbx.example.com"
