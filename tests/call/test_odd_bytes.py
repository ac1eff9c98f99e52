"""Binary or overlong input of a far end ends no worker."""

from __future__ import annotations

from tests.conftest import NewPhone
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import HostileServer, own_host, registrar
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.model import CallState
from voip.protocol.calls import AnswerCall


async def test_a_name_that_is_no_utf8_is_shown_as_such(
    new_phone: NewPhone, authority: Authority
) -> None:
    host = own_host()
    server = HostileServer(host, registrar, authority.issue("good", addresses=[host]))
    await server.start()
    phone = await new_phone()
    await phone.add_secure("alice", host, server.port, authority.file)
    await phone.until_registered("alice")
    workers = phone.worker_pids()
    connection, register = await server.until(lambda m: m.method == "REGISTER")
    invite = sip.request(
        "INVITE", register.get("Contact").split("<", 1)[1].split(">", 1)[0],
        via=f"SIP/2.0/TLS {host}:{server.port}", to="<sip:alice@pbx.test>",
        sender='"B@@b" <sip:bob@evil.test>',
        contact=f"<sip:bob@{host}:{server.port};transport=tls>",
        body=sip.sdp(host, 4000, "RTP/SAVP", (sip.crypto(),)),
    )  # fmt: skip
    connection.send(invite.replace(b"@@", b"\xff\xfe"))
    call = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    assert call.remote.name == "B\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"
    assert phone.worker_pids() == workers
    await server.stop()


async def test_a_session_that_is_no_utf8_ends_no_worker(phone: Phone, far: FarEnd) -> None:
    workers = phone.worker_pids()
    odd = "m=image 9 ud\udcfftl t38\r\n"
    await far.calls('"Bob" <sip:bob@pbx.test>', far.session(None) + odd)
    ringing = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    await phone.client.ask(AnswerCall(call=ringing.id))
    await phone.until_call(lambda c: c.id == ringing.id and c.lock.closed)
    assert phone.worker_pids() == workers


async def test_certificates_with_many_long_names(new_phone: NewPhone, authority: Authority) -> None:
    host = own_host()
    names = [f"{number:0>60}.{'a' * 60}.{'b' * 60}.{'c' * 60}.test" for number in range(40)]
    leaf = authority.issue("leaf", dns=names, addresses=[host])
    others = [authority.issue(f"other-{n}", dns=names).certificate for n in range(7)]
    chain = leaf.certificate.with_name("chain.pem")
    chain.write_bytes(b"".join(path.read_bytes() for path in (leaf.certificate, *others)))
    server = HostileServer(host, registrar, Leaf(chain, leaf.key))
    await server.start()
    phone = await new_phone()
    await phone.add_secure("alice", host, server.port, authority.file)
    account = await phone.until_registered("alice")
    assert account.tls is not None
    assert len(account.tls.chain) == 8
    await server.stop()
