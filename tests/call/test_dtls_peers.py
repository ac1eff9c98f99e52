"""A DTLS call's far end must have the certificate that its SDP announced."""

from __future__ import annotations

import pytest

from tests.conftest import NewPhone
from tests.support import sip
from tests.support.hostile import Behaviour, Connection, HostileServer, own_host, registrar
from tests.support.keyfiles import fingerprint
from tests.support.opensslserver import OpensslServer
from tests.support.pki import Authority, Leaf

_PROVED_NOTHING = (
    "the far end proved no keys for the call: its certificate is not the one that it announced, "
    "or its encryption is too weak"
)


@pytest.mark.parametrize("silent", [False, True])
async def test_a_call_whose_far_end_proves_nothing_ends_and_says_so(
    new_phone: NewPhone, authority: Authority, silent: bool
) -> None:
    host = own_host()
    leaf = authority.issue("good", addresses=[host])
    phone = await new_phone()
    peer = OpensslServer(
        authority.issue("other"), "-dtls1_2", "-use_srtp", "SRTP_AES128_CM_SHA1_80", host=host
    )
    if not silent:
        await peer.start()
    server = HostileServer(host, _taking(host, peer.port, leaf), leaf)
    await server.start()
    await phone.add_secure("alice", host, server.port, authority.file, media_keying="dtls")
    await phone.until_registered("alice")

    call = await phone.call("bob")
    entry = await phone.until_logged(call)
    assert entry.reason == _PROVED_NOTHING
    assert all(not c.lock.closed for c in phone.locks(call))
    await server.stop()
    if not silent:
        await peer.stop()


def _taking(host: str, port: int, leaf: Leaf) -> Behaviour:
    """Takes every call with the fingerprint of a certificate, and media at a port."""
    attributes = ("a=setup:passive", f"a=fingerprint:{fingerprint(leaf)}", f"a=rtcp:{port}")
    body = sip.sdp(host, port, "UDP/TLS/RTP/SAVP", attributes)

    def behave(connection: Connection, message: sip.Message) -> None:
        registrar(connection, message)
        if message.method == "INVITE":
            here = connection.writer.get_extra_info("sockname")[1]
            contact = f"<sip:bob@{host}:{here};transport=tls>"
            connection.send(sip.response(message, 200, "OK", contact=contact, body=body))
        elif message.method == "BYE":
            connection.send(sip.response(message, 200, "OK"))

    return behave
