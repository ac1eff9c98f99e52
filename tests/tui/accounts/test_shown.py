"""What the rows of the accounts show of their servers."""

from __future__ import annotations

from msgspec.structs import replace

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.support.standin.script import PUBLISHED
from voip.model import RegistrationState, Voicemail
from voip.protocol.accounts import EditAccount


async def test_new_messages_of_the_mailbox_are_counted(main: Screen, standin: StandIn) -> None:
    standin.voicemail("work", Voicemail(new=2, old=1))
    await main.sees("2 messages")
    standin.voicemail("work", Voicemail(new=0, old=3))
    await main.until(lambda: "messages" not in main.text)


async def test_an_account_says_what_others_see(main: Screen, standin: StandIn) -> None:
    await main.resize(120, 40)
    assert "shown" not in main.text
    await standin.client.ask(EditAccount(name="work", fields={"publish_state": True}))
    await main.sees("registered, shown free")
    await standin.client.ask(EditAccount(name="work", fields={"publish_state": False}))
    await main.until(lambda: "shown" not in main.text)
    standin.script.publish_answer = replace(PUBLISHED, code=489)
    await standin.client.ask(EditAccount(name="work", fields={"publish_state": True}))
    await main.sees("registered, not shown")


async def test_a_refused_login_is_said_with_its_account(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    standin.refuse_account("work", 401)
    await standin.add_account("work")
    await standin.add_account("home", user="carol")
    await phone.until(lambda: "1 registered  ✗ 1 failed" in phone.lines[0])
    await phone.resize(120, 40)
    await phone.sees("user name or password")
    standin.accept_account("work")
    phone.app.main.accounts.focus()
    phone.app.main.accounts.select("work")
    await phone.press("R")
    await standin.reaches(
        lambda s: all(a.registration.state is RegistrationState.REGISTERED for a in s.accounts)
    )
    await phone.sees("2 registered")


async def test_an_account_is_removed_once_that_is_confirmed(main: Screen, standin: StandIn) -> None:
    main.app.main.accounts.focus()
    await main.press("delete")
    await main.sees("Remove the account work?")
    # The safe answer comes first.
    await main.press("enter")
    await main.settle()
    assert "[accounts.work]" in standin.paths.accounts.read_text()
    await main.press("delete", "down", "enter")
    await main.sees("No account yet.")
    assert "[accounts.work]" not in standin.paths.accounts.read_text()
