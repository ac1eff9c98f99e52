"""A link of another program, opened by the real one as a desktop does."""

from __future__ import annotations

from tests.support.network.ports import LOOPBACK
from tests.support.phone import Phone
from tests.terminal.conftest import OpenPhone
from voip.model import Outcome


async def test_a_link_calls_nobody_until_enter_is_pressed(
    phone: Phone, open_phone: OpenPhone
) -> None:
    await phone.run(
        "account", "add", "work", "--user", "alice", "--domain", "pbx.test", "--no-register",
        "--transport", "tcp", "--server", f"{LOOPBACK}:9", "--password-stdin", text="secret\n",
    )  # fmt: skip
    link = "sip:bob@pbx.test;maddr=192.0.2.1;method=REFER?Replaces=x&Route=%3Csip:192.0.2.1;lr%3E"
    terminal = await open_phone(words=("open", link))
    await terminal.shows("calls bob@pbx.test", "sip:bob@pbx.test", "with work", "No calls yet")
    await phone.attach()
    assert (await phone.status()).calls == ()
    await terminal.keys("Enter")
    call = await phone.until_call(lambda call: call.remote.uri.startswith("sip:bob@pbx.test"))
    entry = await phone.until_logged(call.id)
    assert entry.outcome is Outcome.FAILED
