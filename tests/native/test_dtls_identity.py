"""Patch 0082: the certificate in an account's DTLS handshakes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.conftest import NewPeer, NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Event
from tests.support.keyfiles import encrypted, fingerprint
from tests.support.peers import sip
from tests.support.pki import Authority, Leaf


@pytest.fixture
def own(authority: Authority) -> Leaf:
    """The certificate that a probe is to show."""
    return authority.issue("own")


async def test_the_certificate_of_the_account_is_announced_and_shown(
    new_probe: NewProbe,
    new_server: NewServer,
    new_peer: NewPeer,
    authority: Authority,
    leaf: Leaf,
    own: Leaf,
    tmp_path: Path,
) -> None:
    identity = _identity(tmp_path, own.certificate, own.key)
    caller = await registered(
        new_probe, new_server, keyings=["dtls"], answer=200, identity=str(identity)
    )
    # The peers trust the issuer of the certificate that they are to be shown.
    words = ("-dtls1_2", "-CAfile", str(authority.file), "-Verify", "3", "-verify_return_error")
    rtp, rtcp = await new_peer(leaf, *words), await new_peer(leaf, *words)
    answer = await caller.invite(sip.DTLS, sip.dtls(fingerprint(leaf), rtcp.port), rtp.port)
    assert f"a=fingerprint:{fingerprint(own)}" in answer.body.splitlines()
    state = await caller.probe.until("srtp", lambda event: event["remote"])
    assert state["local"] == fingerprint(own)
    await asyncio.gather(rtp.until("CIPHER is"), rtcp.until("CIPHER is"))


async def test_the_one_of_the_process_is_shown_where_the_account_has_none(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    offer = sip.dtls("SHA-256 " + ":".join(["00"] * 32), 9)
    shown = set()
    for _ in range(2):
        caller = await registered(new_probe, new_server, keyings=["dtls"], answer=200)
        for _ in range(2):
            answer = await caller.invite(sip.DTLS, offer)
            shown.add(_announced(answer.body))
    assert len(shown) == 2


@pytest.mark.parametrize("kind", ["nothing", "no key", "another key", "a locked key", "cut off"])
async def test_one_that_cannot_be_used_fails_every_session_and_nothing_else(
    new_probe: NewProbe,
    new_server: NewServer,
    authority: Authority,
    own: Leaf,
    tmp_path: Path,
    kind: str,
) -> None:
    other = authority.issue("other")
    files = {
        "nothing": (),
        "no key": (own.certificate,),
        "another key": (own.certificate, other.key),
        "a locked key": (own.certificate, encrypted(own.key, "sesame")),
        "cut off": (own.certificate, own.key),
    }[kind]
    identity = _identity(tmp_path, *files)
    if kind == "nothing":
        identity.write_text("no certificate")
    if kind == "cut off":
        identity.write_text(identity.read_text()[:-60])
    caller = await registered(
        new_probe, new_server, keyings=["dtls"], answer=200, identity=str(identity)
    )
    answer = await caller.invite(sip.DTLS, sip.dtls(fingerprint(own), 9))
    assert answer.status >= 400, answer.first
    where = f"{caller.server.host}:{caller.server.port}"
    await caller.probe.tell("call", uri=f"sip:bob@{where};transport=tls")
    await caller.probe.until("call", _is_over)
    assert (await caller.ask("OPTIONS")).status == 200
    assert await caller.probe.quit() == 0
    (connection,) = caller.server.connections
    assert all(m.method != "INVITE" for m in connection.messages if not m.status)


def _identity(folder: Path, *files: Path) -> Path:
    joined = folder / "identity.pem"
    joined.write_text("".join(file.read_text() for file in files))
    return joined


def _announced(session: str) -> str:
    match = re.search(r"a=fingerprint:(\S+ \S+)", session)
    assert match is not None
    return match[1]


def _is_over(event: Event) -> bool:
    return bool(event["state"] == "DISCONNECTED")
