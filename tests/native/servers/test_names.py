"""0084: no name is looked up where the program has the names."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import NewServer
from tests.native.caller import Caller, registered
from tests.native.conftest import NewProbe
from tests.native.driver import Probe
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer
from tests.support.pki import Authority
from tests.support.preload import compiled

_NAME = "pbx.example.test"
_ELSEWHERE = "elsewhere.example.test"
_MOST_LOOKUPS = 64
_LOOKUP_S = 4
_UNWATCHED = 9


@pytest.fixture(scope="session")
def noted_lookups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of `lookups.c`."""
    return compiled(Path(__file__).with_name("lookups.c"), tmp_path_factory.mktemp("lookups"))


@pytest.fixture
async def named_server(new_server: NewServer, authority: Authority) -> HostileServer:
    return await new_server(authority.issue("named", dns=[_NAME]))


class _Lookups:
    """Environment of a process whose lookups are written down."""

    def __init__(self, place: Path) -> None:
        self._file = place / "lookups"
        self._file.touch()
        self.base: Mapping[str, str] = {**os.environ, "LOOKUPS": str(self._file)}

    def names(self) -> set[str]:
        return set(self._file.read_text().split())


async def _asking(new_probe: NewProbe, server: str) -> Probe:
    """A probe that asks for the name of its server, and waits for the answer."""
    probe = await new_probe(server=server, keep_names=True)
    assert (await probe.until("lookup"))["names"] == [_NAME]
    return probe


# The table and its lookups


async def test_a_request_waits_for_the_addresses_of_its_name(
    new_probe: NewProbe, named_server: HostileServer
) -> None:
    probe = await _asking(new_probe, f"{_NAME}:{named_server.port}")
    await probe.tell("set addresses", name=_NAME.upper(), addresses=[named_server.host])
    assert (await probe.until("registration"))["code"] == 200
    assert (await probe.until_transport("connected"))["remote_name"] == _NAME


async def test_a_request_that_names_no_port_goes_to_that_of_the_addresses(
    new_probe: NewProbe, named_server: HostileServer
) -> None:
    probe = await _asking(new_probe, _NAME)
    await probe.tell(
        "set addresses", name=_NAME, addresses=[named_server.host], port=named_server.port
    )
    assert (await probe.until("registration"))["code"] == 200


async def test_a_name_whose_addresses_are_set_is_not_asked_for(
    new_probe: NewProbe, named_server: HostileServer
) -> None:
    probe = await new_probe(
        server=f"{_NAME}:{named_server.port}",
        keep_names=True,
        addresses={_NAME: ["2001:db8::1", named_server.host]},
    )
    assert (await probe.until("registration"))["code"] == 200
    assert [event for event in probe.events if event["event"] == "lookup"] == []
    connection, register = await named_server.until(lambda m: m.method == "REGISTER")
    # The Contact has the connection's own port, as where names are looked up here.
    assert f"{connection.remote};" in register.get("Contact")


async def test_a_name_that_is_forgotten_is_asked_for_again(
    new_probe: NewProbe, named_server: HostileServer
) -> None:
    probe = await new_probe(
        server=f"{_NAME}:{named_server.port}",
        keep_names=True,
        addresses={_NAME: [named_server.host]},
    )
    assert (await probe.until("registration"))["code"] == 200
    await probe.tell("forget name", name=_NAME)
    await probe.tell("register")
    assert (await probe.until("lookup"))["names"] == [_NAME]


async def test_a_name_that_is_refused_fails_its_requests(
    new_probe: NewProbe, named_server: HostileServer
) -> None:
    probe = await _asking(new_probe, f"{_NAME}:{named_server.port}")
    await probe.tell("refuse name", name=_NAME)
    assert (await probe.until("registration"))["code"] == 502
    assert named_server.connections == []


async def test_a_name_that_nobody_answers_fails_its_requests(
    new_probe: NewProbe, named_server: HostileServer
) -> None:
    probe = await _asking(new_probe, f"{_NAME}:{named_server.port}")
    before = time.monotonic()
    assert (await probe.until("registration"))["code"] == 503
    assert _LOOKUP_S - 1 < time.monotonic() - before < _LOOKUP_S + 3
    # An answer that comes now has nobody to call back, and serves the next request.
    await probe.tell("set addresses", name=_NAME, addresses=[named_server.host])
    await probe.tell("register")
    assert (await probe.until("registration", lambda e: e["code"] == 200))["code"] == 200


async def test_a_call_that_ends_while_its_name_is_looked_up_is_cancelled(
    new_probe: NewProbe, named_server: HostileServer
) -> None:
    probe = await new_probe(keep_names=True)
    await probe.tell("call", uri=f"sip:bob@{_NAME}:{named_server.port};transport=tls")
    await probe.until("lookup")
    await probe.tell("hang up")
    await probe.until("call", lambda event: event["state"] == "DISCONNECTED")
    await probe.tell("set addresses", name=_NAME, addresses=[named_server.host])
    # RFC 3261 section 9.1: there is nothing to cancel before the first answer.
    connection, invite = await named_server.until(lambda m: m.method == "INVITE")
    connection.send(sip.response(invite, 180, "Ringing"))
    _, cancel = await named_server.until(lambda m: m.method == "CANCEL")
    assert cancel.get("Call-ID") == invite.get("Call-ID")


async def test_an_ack_that_waits_for_a_name_outlives_its_call(
    new_probe: NewProbe, named_server: HostileServer
) -> None:
    """0109: what it says is no memory that something else has by now."""
    address = f"{_NAME}:{named_server.port};transport=tls"
    route, seen = f"<sip:{address};lr>", "203.0.113.9:5071"

    def registers(connection: Connection, message: sip.Message) -> None:
        if message.method == "REGISTER":
            contact = message.get("Contact") + ";expires=300"
            answer = sip.response(message, 200, "OK", contact=contact)
            told = ";received={};rport={}".format(*seen.split(":"))
            connection.send(answer.replace(b";rport", told.encode(), 1))

    named_server.behaviour = registers
    probe = await new_probe(
        server=f"{_NAME}:{named_server.port}", keep_names=True,
        addresses={_NAME: [named_server.host]},
    )  # fmt: skip
    await probe.until("registration", lambda event: event["code"] == 200)
    await probe.tell("call", uri=f"sip:bob@{address}")
    connection, invite = await named_server.until(lambda m: m.method == "INVITE")
    contact = invite.get("Contact").split("<", 1)[1].split(">", 1)[0]
    caller = Caller(probe, named_server, connection, contact)

    def session(suite: str, tag: int) -> str:
        return sip.sdp(named_server.host, _UNWATCHED, "RTP/SAVP", (sip.crypto(suite, tag=tag),))

    def answer(request: sip.Message) -> sip.Message:
        offered = re.search(r"a=crypto:(\d+) (\S+)", request.body)
        assert offered is not None
        body = session(offered[2], int(offered[1]))
        said = sip.response(
            request, 200, "OK", contact="<sip:bob@there.test>", body=body,
            extra=(f"Record-Route: {route}",),
        )  # fmt: skip
        connection.send(said)
        return sip.Parser().feed(said)[0]

    answer(invite)
    await named_server.until(lambda m: m.method == "ACK")
    await probe.tell("hold")
    _, change = await named_server.until(lambda m: m.method == "INVITE" and m is not invite)
    await probe.tell("forget name", name=_NAME)
    await probe.tell("mark")
    await probe.until("mark")
    with connection.together():
        said = answer(change)
        dialog = sip.Dialog(said.get("To"), said.get("From"), said.get("Call-ID"), contact)
        connection.send(sip.within(dialog, "BYE", 1, via=caller._via, contact=caller._own))
    await named_server.until(lambda m: m.get("CSeq") == "1 BYE")
    # What it has freed is in use again.
    for _ in range(4):
        assert (await caller.ask("INVITE", session("AES_CM_128_HMAC_SHA1_80", 1))).status == 180
    number = f"{change.get('CSeq').split()[0]} ACK"
    assert not any(m.get("CSeq") == number for m in connection.messages)
    await probe.tell("set addresses", name=_NAME, addresses=[named_server.host])
    _, ack = await named_server.until(lambda m: m.get("CSeq") == number)
    assert ack.get("Via").startswith(f"SIP/2.0/TLS {seen};")
    assert (ack.uri, ack.all("Route")) == ("sip:bob@there.test", [route])
    for name in ("From", "To", "Call-ID"):
        assert ack.get(name) == change.get(name), name


async def test_a_phone_ends_with_its_lookups(new_probe: NewProbe) -> None:
    probe = await _asking(new_probe, _NAME)
    assert await probe.quit() == 0


async def test_a_name_is_asked_for_once(new_probe: NewProbe, named_server: HostileServer) -> None:
    probe = await new_probe(
        server=f"{_NAME}:{named_server.port}", keep_names=True, others=[{"user": "bob"}]
    )
    await probe.until("lookup")
    await probe.tell("call", uri=f"sip:carol@{_NAME}:{named_server.port};transport=tls")
    await probe.tell("mark")
    await probe.until("mark")
    lookups = [event["names"] for event in probe.events if event["event"] == "lookup"]
    assert lookups == [[_NAME]]
    await probe.tell("set addresses", name=_NAME, addresses=[named_server.host])
    for user in ("alice", "bob"):
        assert (await probe.until_registration(user))["code"] == 200
    await named_server.until(lambda message: message.method == "INVITE")


async def test_more_names_than_can_wait_fail_at_once(new_probe: NewProbe) -> None:
    probe = await new_probe(keep_names=True, max_calls=_MOST_LOOKUPS + 1)
    for number in range(_MOST_LOOKUPS):
        await _call(probe, f"n{number}.example.test")
    await probe.tell("mark")
    await probe.until("mark")
    before = len(probe.events)
    await _call(probe, "last.example.test")
    await probe.tell("mark")
    await probe.until("mark", lambda event: event is not probe.events[before - 1])
    codes = [e["code"] for e in probe.events[before:] if e["event"] == "call" and e["code"] >= 300]
    assert codes == [503]


async def _call(probe: Probe, name: str) -> None:
    await probe.tell("call", uri=f"sip:bob@{name};transport=tls")


# Names of far ends


async def test_a_phone_whose_names_are_kept_looks_none_up(
    new_probe: NewProbe, new_server: NewServer, noted_lookups: Path, place: Path
) -> None:
    lookups = _Lookups(place)
    caller = await registered(
        new_probe, new_server, noted_lookups, base=lookups.base, keep_names=True
    )
    named = _session(caller, connection=_ELSEWHERE)
    assert (await caller.ask("INVITE", named)).status >= 400
    rtcp = _session(caller, attributes=(f"a=rtcp:9 IN IP4 {_ELSEWHERE}",))
    assert (await caller.ask("INVITE", rtcp)).status == 180
    # A call of ours, whose answer has a name in its Contact and its session.
    await caller.probe.tell(
        "call", uri=f"sip:bob@{caller.server.host}:{caller.server.port};transport=tls"
    )
    connection, invite = await caller.server.until(lambda m: m.method == "INVITE")
    connection.send(
        sip.response(invite, 200, "OK", contact=f"<sip:bob@{_ELSEWHERE};transport=tls>", body=named)
    )
    assert (await caller.probe.until("lookup"))["names"] == [_ELSEWHERE]
    ended = await caller.probe.until("call", lambda event: event["state"] == "DISCONNECTED")
    assert ended["code"] >= 400
    assert (await caller.ask("OPTIONS")).status == 200
    assert await caller.probe.quit() == 0
    assert lookups.names() == set()


async def test_a_candidate_with_a_name_is_passed_over(
    new_probe: NewProbe, new_server: NewServer, noted_lookups: Path, place: Path
) -> None:
    lookups = _Lookups(place)
    # ICE has no candidate on an address of the loopback range.
    caller = await registered(
        new_probe,
        new_server,
        noted_lookups,
        base=lookups.base,
        keep_names=True,
        ice=True,
        bound="",
    )
    candidates = [
        f"a=candidate:1 {number} UDP 2122252543 {where} {_UNWATCHED} typ host"
        for number in (1, 2)
        for where in (_ELSEWHERE, caller.server.host)
    ]
    ice = ("a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuv", *candidates)
    answer = await caller.ask("INVITE", _session(caller, attributes=ice))
    assert answer.status == 180, answer.first
    assert lookups.names() == set()


async def test_lookups_are_written_down(
    new_probe: NewProbe, named_server: HostileServer, noted_lookups: Path, place: Path
) -> None:
    lookups = _Lookups(place)
    probe = await new_probe(
        base=lookups.base, library=noted_lookups, server=f"{_NAME}:{named_server.port}"
    )
    await probe.until("registration")
    # The machine's own name would be beside it: it says nothing of its addresses.
    assert lookups.names() == {_NAME}


def _session(caller: Caller, connection: str = "", attributes: tuple[str, ...] = ()) -> str:
    host = caller.server.host
    body = sip.sdp(host, _UNWATCHED, "RTP/SAVP", (sip.crypto(), *attributes))
    return body.replace(f"c=IN IP4 {host}", f"c=IN IP4 {connection or host}")
