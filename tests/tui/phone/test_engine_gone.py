"""No data is lost and every key works while the engine dies or stops."""

from __future__ import annotations

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen, screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import Stage
from tui.keys.actions import BY_ID
from tui.state import Link
from tui.widgets.footer import Footer
from voip.model import CallState
from voip.protocol.calls import AnswerCall

_WITHOUT_ENGINE = {
    "phone.connect", "dial.open", "log.search", "phone.quit", "phone.palette", "phone.help",
}  # fmt: skip


def _panes(phone: Screen) -> list[str]:
    """Return the panes' lines, without header, banner and footer."""
    return [line for line in phone.lines if line.startswith(("│", "╭", "╰"))]


def _offered(phone: Screen) -> set[str]:
    """Return the footer's actions by the words that are drawn."""
    footer = phone.app.screen.query_one(Footer)
    clicks = (segment.style.meta for segment in footer.render_line(0) if segment.style)
    return {
        str(meta["@click"]).removeprefix("app.do('").removesuffix("')")
        for meta in clicks
        if "@click" in meta
    }


async def _busy(phone: Screen, standin: StandIn, clock: Clock) -> str:
    stage = Stage(phone, standin, clock)
    await stage.accounts()
    await stage.log()
    return await stage.active()


async def test_what_was_on_the_screen_stays(phone: Screen, standin: StandIn, clock: Clock) -> None:
    await _busy(phone, standin, clock)
    phone.tick()
    await phone.settle()
    before = _panes(phone)
    await standin.crash()
    await phone.sees("^r tries now")
    await phone.settle()
    # The banner needs one line: the last row of the panes is hidden.
    assert _panes(phone)[:-1] == [*before[:-2]]
    for words in ("● work", "[server]", "active 01:12", "Workshop", "Maria Rossi"):
        assert words in phone.text


async def test_no_key_is_dead_without_an_engine(
    phone: Screen, standin: StandIn, clock: Clock
) -> None:
    await _busy(phone, standin, clock)
    assert "call.end" in _offered(phone)
    await standin.crash()
    await phone.sees("^r tries now")
    assert _offered(phone) == _WITHOUT_ENGINE
    # A key that is not shown does no harm either.
    for key in BY_ID["call.end"].keys.split(","):
        await phone.press(key)
    assert phone.app.is_running
    assert "Front desk" in phone.text


async def test_it_connects_again_by_itself(phone: Screen, standin: StandIn, clock: Clock) -> None:
    call = await _busy(phone, standin, clock)
    clock.advance(30)
    await standin.drop_clients()
    await phone.until(lambda: phone.app.state.link is Link.LOST)
    await phone.until(lambda: phone.app.connected)
    await phone.settle()
    shown = phone.app.state.find(call)
    assert shown is not None
    assert shown.duration_s(clock.monotonic()) == 102
    assert "^r" not in phone.text
    assert "active 01:42" in phone.text


async def test_a_call_that_the_engine_lost_is_gone(
    phone: Screen, standin: StandIn, clock: Clock
) -> None:
    await _busy(phone, standin, clock)
    await standin.crash()
    await phone.sees("^r tries now")
    await standin.start()
    await phone.press("ctrl+r")
    await phone.until(lambda: phone.app.connected)
    await phone.sees("interrupted")
    assert not phone.app.state.live
    assert "No calls." in phone.text


async def test_an_engine_that_was_stopped_stays_stopped(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await standin.stop()
    await phone.sees("The engine was stopped.")
    assert "^r starts it" in phone.text
    assert phone.app.state.link is Link.STOPPED
    await phone.settle()
    assert not phone.app.connected
    await standin.start()
    await phone.press("ctrl+r")
    await phone.until(lambda: phone.app.connected)


async def test_a_search_is_kept(phone: Screen, standin: StandIn, clock: Clock) -> None:
    stage = Stage(phone, standin, clock)
    await stage.accounts()
    await stage.log()
    await phone.press("slash")
    await phone.type("maria")
    await phone.until(lambda: phone.app.main.log_pane.rows.count() == 2)
    await standin.drop_clients()
    await phone.until(lambda: phone.app.state.link is Link.LOST)
    await phone.until(lambda: phone.app.connected)
    await phone.settle()
    assert phone.app.main.log_pane.search.value == "maria"
    assert phone.app.main.log_pane.rows.count() == 2
    assert "Workshop" not in phone.text


async def test_two_screens_agree(phone: Screen, standin: StandIn, clock: Clock) -> None:
    call = await _busy(phone, standin, clock)
    clock.advance(10)
    async with screen(clock=clock) as other:
        await phone.settle()
        phone.tick()
        await phone.settle()
        assert other.text == phone.text
        await other.press("h")
        await phone.until(lambda: "held by you" in phone.text)
        await other.until(lambda: "held by you" in other.text)
        assert other.text == phone.text
        await phone.press("e")
        await other.until(lambda: not other.app.state.live)
        await phone.until(lambda: not phone.app.state.live)
        await other.settle()
        await phone.settle()
        assert other.text == phone.text
        assert (await standin.until_logged(call)).duration_s == 82


async def test_a_screen_that_opens_shows_the_call_with_its_true_duration(
    standin: StandIn, clock: Clock
) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work", '"Front desk" <sip:100@example.com>')
    await standin.client.ask(AnswerCall(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    clock.advance(3725)
    async with screen(clock=clock) as phone:
        assert "Front desk" in phone.text
        assert "active 1:02:05" in phone.text
        clock.advance(1)
        phone.tick()
        await phone.sees("active 1:02:06")


async def test_a_screen_that_closes_leaves_the_call(
    phone: Screen, standin: StandIn, clock: Clock
) -> None:
    call = await _busy(phone, standin, clock)
    await phone.pilot.press("q", "enter")
    await phone.until(lambda: not phone.app.is_running)
    (status,) = (await standin.status()).calls
    assert (status.id, status.state) == (call, CallState.ACTIVE)
