"""Texts through a real Kamailio: with another Offhook, and with baresip."""

from __future__ import annotations

import pytest

from tests.call.conftest import NewBaresip
from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.baresip import Wish
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.causes import CauseKind
from voip.protocol.accounts import EditAccount
from voip.protocol.people import MessageEvent, UnreadEvent
from voip.texts import TextMessage, TextState

_TRANSPORTS = ["tls", "tcp", "udp"]


async def _register(
    phone: Phone, user: str, transport: str, server: Kamailio, authority: Authority
) -> None:
    if transport == "tls":
        await phone.add_secure(user, LOOPBACK, server.tls_port, authority.file)
    else:
        await phone.add_open(user, LOOPBACK, server.port, transport)
    await phone.until_registered(user)


async def _received(phone: Phone) -> TextMessage:
    event = await phone.until(MessageEvent, lambda e: e.message.state is TextState.RECEIVED)
    return event.message


@pytest.mark.parametrize("transport", _TRANSPORTS)
async def test_two_phones_write_to_each_other(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, transport: str
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    await _register(alice, "alice", transport, kamailio, authority)
    await _register(bob, "bob", transport, kamailio, authority)

    words = "Grüße 👋\nsecond line"
    out, _ = await alice.run("message", f"bob@{DOMAIN}", "-", text=words)
    assert out == f"delivered to sip:bob@{DOMAIN}\n"
    came = await _received(bob)
    assert (came.text, came.remote.uri) == (words, f"sip:alice@{DOMAIN}")
    await bob.until(UnreadEvent, lambda e: e.unread == 1)

    back = await bob.json("message", f"alice@{DOMAIN}", "and back")
    assert (back["state"], back["code"], back["text"]) == ("delivered", 200, "and back")
    assert (await _received(alice)).text == "and back"

    page = await bob.json("messages", "--with", f"alice@{DOMAIN}", "--account", "bob")
    assert [(one["direction"], one["unread"]) for one in page["messages"]] == [
        ("out", False), ("in", True),
    ]  # fmt: skip
    await bob.run("messages", "--mark-read")
    assert (await bob.json("status"))["unread_messages"] == 0
    threads = (await alice.json("messages", "--threads"))["threads"]
    assert [(one["messages"], one["unread"]) for one in threads] == [(2, 1)]


async def test_a_phone_that_takes_no_texts_says_so(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    await _register(alice, "alice", "tls", kamailio, authority)
    await _register(bob, "bob", "tls", kamailio, authority)
    await bob.client.ask(EditAccount(name="bob", fields={"text_messages": False}))
    _, err = await alice.run("message", f"bob@{DOMAIN}", "hello", status=1)
    assert "their phone takes no texts" in err
    assert "405" in err
    lost = await alice.json("message", f"nobody@{DOMAIN}", "hello", status=1)
    assert (lost["state"], lost["code"]) == ("failed", 404)
    assert lost["cause"]["kind"] == CauseKind.TEXT_REFUSED


async def test_a_wrong_password_is_told_in_words(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    phone = await new_phone()
    await phone.add(
        "alice", password="not it", user="alice", domain=DOMAIN,
        server=f"{LOOPBACK}:{kamailio.tls_port}", ca_file=str(authority.file), register=False,
    )  # fmt: skip
    _, err = await phone.run("message", f"bob@{DOMAIN}", "hello", status=1)
    assert "the user name or password is wrong" in err


@pytest.mark.parametrize("transport", _TRANSPORTS)
async def test_baresip_reads_and_writes(
    kamailio: Kamailio,
    new_phone: NewPhone,
    new_baresip: NewBaresip,
    authority: Authority,
    transport: str,
) -> None:
    alice = await new_phone("a")
    await _register(alice, "alice", transport, kamailio, authority)
    wish = Wish(transport=transport, contact=f"sip:alice@{DOMAIN}")
    bob = await new_baresip(kamailio, wish)

    sent = await alice.json("message", f"bob@{DOMAIN}", "hello from alice")
    assert sent["state"] == "delivered"
    await bob.command("message", "hello from bob")
    came = await _received(alice)
    assert (came.text, came.remote.uri) == ("hello from bob", f"sip:bob@{DOMAIN}")
    # It writes the last of its log when it ends.
    await bob.stop()
    assert "hello from alice" in bob.log
