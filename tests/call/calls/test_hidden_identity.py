"""An account that hides its identity: what its peers see and do not see."""

from __future__ import annotations

from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.pki import Authority
from voip.model import CallState
from voip.protocol.calls import AnswerCall, HangUp, Hold

_USER, _NAME = "alice", "Alice Adams"


def _tells(message: sip.Message) -> str:
    """All of a message but its routing and its credentials."""
    kept = [
        f"{name}: {value}"
        for name, value in message.headers
        if name.lower() not in ("authorization", "proxy-authorization")
    ]
    return "\n".join([message.first, *kept, message.body]).lower()


async def test_no_message_of_a_call_says_who_calls(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()
    far = FarEnd(host, authority.issue("far", addresses=[host]))
    await far.start()
    try:
        phone = await new_phone()
        await phone.add_secure(
            _USER, host, far.server.port, authority.file,
            hide_identity=True, display_name=_NAME, auth_user="login",
        )  # fmt: skip
        await phone.until_registered(_USER)
        call = await phone.call("bob")
        await far.invited()
        far.answers()
        await phone.until_call(lambda c: c.id == call and c.state is CallState.ACTIVE)
        await phone.client.ask(Hold(call=call, wait=True))
        await phone.until_call(lambda c: c.id == call and c.state is CallState.HELD)
        await phone.client.ask(HangUp(call=call))
        await phone.until_logged(call)
        await far.server.until(lambda m: m.method == "BYE")
    finally:
        await far.stop()
    (connection,) = far.server.connections
    said = [m for m in connection.messages if not m.status]
    invites = [m for m in said if m.method == "INVITE"]
    with_server = [m for m in said if m.get("Call-ID") != invites[0].get("Call-ID")]
    said = [m for m in said if m not in with_server]
    assert [m.method for m in said if m.method != "INVITE"] == ["ACK", "ACK", "BYE"]
    assert len(invites) == 2, "the call, and holding it"
    for message in said:
        assert message.get("From").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=')
        assert _USER not in _tells(message), message
        assert "adams" not in _tells(message), message
    for message in invites:
        assert message.get("Privacy") == "id"
        assert message.get("Contact").startswith("<sip:anonymous@")
        assert "o=- " in message.body
    # The server has to know its user.
    assert {m.method for m in with_server} == {"REGISTER", "SUBSCRIBE"}
    assert all(_USER in m.get("To") for m in with_server)
    assert all("adams" not in _tells(m) for m in with_server)


async def test_the_server_lets_it_call_and_the_far_end_learns_no_name(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    await alice.add_secure(
        _USER, LOOPBACK, kamailio.tls_port, authority.file, hide_identity=True, display_name=_NAME
    )
    await bob.add_secure("bob", LOOPBACK, kamailio.tls_port, authority.file)
    await alice.until_registered(_USER)
    await bob.until_registered("bob")
    call = await alice.call("bob")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    assert ringing.remote.name == "Anonymous"
    assert ringing.remote.uri == "sip:anonymous@anonymous.invalid"
    await bob.client.ask(AnswerCall(call=ringing.id))
    await alice.until_call(lambda c: c.id == call and c.lock.closed)
    await bob.client.ask(HangUp(call=ringing.id))
    await alice.until_logged(call)

    # It can still be called.
    back = await bob.call(f"{_USER}@{DOMAIN}")
    incoming = await alice.until_call(lambda c: c.state is CallState.INCOMING)
    assert incoming.account == _USER
    await alice.client.ask(AnswerCall(call=incoming.id))
    answered = await bob.until_call(lambda c: c.id == back and c.lock.closed)
    assert "Adams" not in answered.remote.name
