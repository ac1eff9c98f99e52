"""The lock in detail on the screen follows its call and stays after it."""

from __future__ import annotations

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tui.accounts.form import AccountForm
from tui.calls.lock import LockDetails
from tui.calls.past_lock import PastLock
from voip.protection import Keying
from voip.protocol.accounts import RemoveAccount
from voip.protocol.settings import ChangeSettings

WORDS = "Words to compare by voice"


async def show_lock(phone: Screen, standin: StandIn) -> str:
    """Open the lock of a running, protected call; return the call's id."""
    await phone.to_main()
    await standin.add_account("work")
    call = await standin.call("100")
    standin.remote_answers(call)
    await phone.sees("active")
    await phone.press("l")
    await phone.sees("[server]")
    return call


def top_of(phone: Screen) -> int:
    box = phone.app.screen
    assert isinstance(box, LockDetails)
    return box.rows.scroll_offset.y


async def test_a_call_with_all_that_its_lock_rests_on(phone: Screen, standin: StandIn) -> None:
    await show_lock(phone, standin)
    await phone.resize(120, 70)
    for words in (
        "100, account: work",
        "[server] encrypted to the server",
        "  encrypted to pbx.example.com; beyond it, unknown",
        "This is not end to end",
        "✓ holds     the account uses TLS: the account says TLS",
        "TLS       TLSv1.3",
        "Certificate 2 of 2",
        "Stream: voice",
        "SRTP      AEAD_AES_256_GCM",
    ):
        assert words in phone.text


async def test_words_to_compare_from_the_handshake_on_and_only_then(
    phone: Screen, standin: StandIn, clock: Clock
) -> None:
    await phone.to_main()
    await standin.add_account("work")
    call = await standin.call("100")
    standin.remote_answers(call, keying=Keying.DTLS, fingerprints=None)
    await phone.sees("active")
    await phone.press("l")
    await phone.sees("[server]")
    assert WORDS not in phone.text
    standin.remote_answers(call, keying=Keying.DTLS)
    await at_next_second(phone, standin, clock, call)
    await phone.sees(WORDS)
    standin.remote_answers(call, keying=Keying.SDES)
    await at_next_second(phone, standin, clock, call)
    await phone.until(lambda: WORDS not in phone.text)


async def at_next_second(phone: Screen, standin: StandIn, clock: Clock, call: str) -> None:
    """Measure the call, and request the lock again."""
    clock.advance(1)
    standin.statistics(call, rtt_ms=clock.monotonic())
    await phone.settle()
    phone.tick()


async def test_it_follows_the_call_once_a_second_from_where_one_reads(
    phone: Screen, standin: StandIn, clock: Clock
) -> None:
    call = await show_lock(phone, standin)
    await phone.press("down", "down")
    assert top_of(phone) == 2
    standin.remote_answers(call, encrypted=False)
    await phone.until(lambda: not phone.app.state.live[0].call.lock.closed)
    await phone.settle()
    assert "[server]" in phone.text  # no second has passed
    clock.advance(1)
    phone.tick()
    await phone.sees("[UNSAFE] NOT encrypted: voice in the clear")
    assert top_of(phone) == 2
    assert "What to do" in phone.text


async def test_the_keys_scroll_it(phone: Screen, standin: StandIn) -> None:
    await show_lock(phone, standin)
    await phone.press("end")
    bottom = top_of(phone)
    assert bottom > 20
    assert "SHA-256" in phone.text
    await phone.press("up")
    assert top_of(phone) == bottom - 1
    await phone.press("pageup")
    assert 0 < top_of(phone) < bottom - 15
    await phone.press("home")
    assert top_of(phone) == 0
    await phone.press("pagedown")
    assert top_of(phone) > 15


async def test_facts_stay_when_the_call_has_ended(phone: Screen, standin: StandIn) -> None:
    call = await show_lock(phone, standin)
    standin.remote_hangs_up(call)
    await phone.sees("The call has ended, and this is how its lock was last.")
    assert "[server]" in phone.text
    await phone.press("escape")
    assert phone.app.screen is phone.app.main


async def test_facts_stay_while_the_engine_is_gone(phone: Screen, standin: StandIn) -> None:
    await show_lock(phone, standin)
    await standin.crash()
    await phone.sees("The phone's engine cannot be reached, and this is how its lock was last.")
    assert "[server]" in phone.text


async def test_an_account_without_a_connection(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    standin.ignore_account("work")
    await standin.add_account("work")
    await phone.sees("registering")
    phone.app.main.accounts.focus()
    await phone.press("l")
    await phone.sees("work, alice@pbx.example.com")
    await phone.sees("[ wait ] waiting for the server")
    await standin.client.ask(RemoveAccount(name="work"))
    await phone.sees("The account is no longer there, and this is how its lock was last.")


async def test_a_name_of_a_caller_is_text(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await standin.add_account("work")
    call = await standin.incoming(remote='"[b]Bob[/nothing]" <sip:bob@example.com>')
    await phone.sees("“(b)Bob(/nothing)”")
    await phone.press("l")
    await phone.sees("“(b)Bob(/nothing)” (bob@example.com), account: work")
    await phone.press("escape", "a")
    await standin.reaches_call(call, lambda c: c.state.answered)
    await phone.sees("active")
    await phone.press("k")
    await phone.sees("Keypad: “(b)Bob(/nothing)”")


async def test_the_key_that_edits_an_account_is_shown_with_its_open_lock(
    phone: Screen, standin: StandIn
) -> None:
    await phone.to_main()
    await standin.client.ask(ChangeSettings(changes={"keys.lock.edit": "ctrl+e"}))
    await standin.add_account("old", transport="udp")
    phone.app.main.accounts.focus()
    await phone.press("l")
    await phone.sees("Edit the account and choose TLS")
    await phone.sees("^e edits the account.")
    assert "^e edit the account" in phone.lines[-1]
    await phone.press("ctrl+e")
    await phone.until(lambda: isinstance(phone.app.screen, AccountForm))
    await phone.press("escape")
    await phone.until(lambda: isinstance(phone.app.screen, LockDetails))


async def test_a_closed_lock_has_nothing_to_edit(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await standin.add_account("work")
    phone.app.main.accounts.focus()
    await phone.press("l")
    await phone.sees("[server]")
    assert "edit" not in phone.text
    await phone.press("enter")
    assert isinstance(phone.app.screen, LockDetails)


async def test_the_lock_of_a_call_that_has_ended_and_is_still_shown(
    phone: Screen, standin: StandIn
) -> None:
    await phone.to_main()
    await standin.add_account("work")
    call = await standin.call("100")
    standin.remote_answers(call)
    await phone.sees("active")
    phone.app.main.calls.focus()
    standin.remote_hangs_up(call)
    await phone.sees("ended")
    assert "l lock info" in phone.lines[-1]
    await phone.press("l")
    assert isinstance(phone.app.screen, PastLock)
    await phone.sees("Encrypted to the server from answer to end")
    assert "account   work" in phone.text


async def test_a_row_of_the_log_has_the_lock_that_it_had(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await standin.add_account("work")
    call = await standin.call("100")
    standin.remote_answers(call, encrypted=False)
    await phone.sees("active")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.lock.closed)
    standin.remote_hangs_up(call)
    missed = await standin.incoming()
    standin.remote_hangs_up(missed)
    await phone.sees("missed")
    phone.app.main.log_pane.rows.focus()
    await phone.settle()
    # The newest never had a voice stream, and so no lock.
    await phone.press("home")
    await phone.press("l")
    await phone.sees("There was no lock: nobody answered this call")
    await phone.press("escape", "down", "l")
    await phone.until(lambda: isinstance(phone.app.screen, PastLock))
    await phone.sees("at the end, but NOT before")
    await phone.press("escape")


async def test_an_incoming_call_has_a_lock(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await standin.add_account("work")
    await standin.incoming()
    await phone.sees("Bob")
    await phone.resize(120, 40)
    assert "l lock info" in phone.lines[-1]
    await phone.press("l")
    assert isinstance(phone.app.screen, LockDetails)
    await phone.sees("[ wait ]")
