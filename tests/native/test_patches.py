"""Guards of our patches to PJSIP, tested with input harmless to PJSIP."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import re
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.native.driver import Event, Probe
from tests.support.peers import sip
from tests.support.peers.hostile import Connection, HostileServer
from tests.support.pki import Authority, Leaf

PCMU = 0
NAME_MISMATCH = 1 << 30  # PJ_SSL_CERT_EIDENTITY_NOT_MATCH
ENOUGH = 25  # packets: half a second of sound

# 0001: the name in the server's certificate


@dataclass(frozen=True)
class Names:
    """A certificate's names, and the dialled form of its server.

    `{host}` is the server's address, `{tail}` all of it but its first number.
    """

    dns: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    common_name: str | None = None
    organisation: str | None = None
    dialled: str = "pbx.example.test"
    allow_wildcard: bool = False

    def issue(self, authority: Authority, host: str) -> Leaf:
        def filled(value: str) -> str:
            return value.format(host=host, tail=host.partition(".")[2])

        return authority.issue(
            "named",
            dns=[filled(name) for name in self.dns],
            addresses=[filled(address) for address in self.addresses],
            uris=[filled(uri) for uri in self.uris],
            common_name=self.common_name and filled(self.common_name),
            organisation=self.organisation,
        )


ACCEPTED = {
    "the exact name": Names(dns=("pbx.example.test",)),
    "the exact name in other letters": Names(dns=("PBX.Example.TEST",)),
    "the exact name behind another": Names(dns=("other.test", "pbx.example.test")),
    "the exact name beside another common name": Names(
        dns=("pbx.example.test",), common_name="other.test"
    ),
    "the exact name where wildcards are allowed": Names(
        dns=("pbx.example.test",), allow_wildcard=True
    ),
    "the address": Names(addresses=("{host}",), dialled="{host}"),
    "a SIP URI": Names(uris=("sip:pbx.example.test",)),
    "a SIP URI in other letters": Names(uris=("SIP:PBX.example.test",)),
    "a SIP URI behind a wrong name": Names(dns=("other.test",), uris=("sip:pbx.example.test",)),
    "a wildcard where it is allowed": Names(dns=("*.example.test",), allow_wildcard=True),
}

REFUSED = {
    "a wrong name": Names(dns=("other.test",)),
    "a longer name": Names(dns=("pbx.example.test.evil.test",)),
    "the domain's name": Names(dns=("example.test",)),
    "no name at all": Names(),
    "a common name of another": Names(common_name="other.test"),
    "an organisation with a slash": Names(dns=("other.test",), organisation="x/y"),
    "a wrong name that holds a NUL": Names(dns=("other.test\0.example.test",)),
    "a wrong URI that holds a NUL": Names(uris=("sip:other.test\0.example.test",)),
    "a wrong address": Names(addresses=("127.0.0.9",), dialled="{host}"),
    "the address for a name": Names(addresses=("{host}",)),
    "a name that spells another address": Names(dns=("127.0.0.9",), dialled="{host}"),
    "a wildcard that spells an address": Names(
        dns=("*.{tail}",), dialled="{host}", allow_wildcard=True
    ),
    "a URI with a user": Names(uris=("sip:alice@pbx.example.test",)),
    "a URI with a port": Names(uris=("sip:pbx.example.test:5061",)),
    "a URI with a parameter": Names(uris=("sip:pbx.example.test;transport=tls",)),
    "a SIPS URI for another host": Names(uris=("sips:other.test",)),
    "a web address": Names(uris=("https://pbx.example.test",)),
    "a URI for another host": Names(uris=("sip:other.test",)),
    "a URI with a wildcard": Names(uris=("sip:*.example.test",), allow_wildcard=True),
    "a wildcard": Names(dns=("*.example.test",)),
    "a wildcard of part of a label": Names(dns=("p*.example.test",), allow_wildcard=True),
    "a wildcard of the end of a label": Names(dns=("*x.example.test",), allow_wildcard=True),
    "a wildcard for two labels": Names(
        dns=("*.b.test",), dialled="one.two.b.test", allow_wildcard=True
    ),
    "a wildcard for a whole top-level domain": Names(
        dns=("*.test",), dialled="b.test", allow_wildcard=True
    ),
    "a wildcard for its own domain": Names(
        dns=("*.example.test",), dialled="example.test", allow_wildcard=True
    ),
    "a wildcard in the middle": Names(dns=("pbx.*.test",), allow_wildcard=True),
    "a wildcard as a common name": Names(common_name="*.example.test", allow_wildcard=True),
}


@pytest.mark.parametrize("kind", list(ACCEPTED))
async def test_a_certificate_with_the_servers_name_is_accepted(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str, kind: str
) -> None:
    server, probe = await _dial(ACCEPTED[kind], new_probe, new_server, authority, host)
    _, register = await server.until(lambda message: message.method == "REGISTER")
    assert register.get("To") == "<sip:alice@pbx.test>"
    assert (await probe.until("registration"))["code"] == 200
    assert (await probe.until_transport("connected"))["verify_status"] == 0


@pytest.mark.parametrize("kind", list(REFUSED))
async def test_a_certificate_without_the_servers_name_gets_no_byte_of_sip(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str, kind: str
) -> None:
    server, probe = await _dial(REFUSED[kind], new_probe, new_server, authority, host)
    refused = await probe.until("registration")
    assert refused["code"] == 503
    # A fault beside the name would make this test prove nothing about names.
    assert (await probe.until_transport("disconnected"))["verify_status"] == NAME_MISMATCH
    assert await probe.quit() == 0
    assert await server.all_received() == b""


async def _dial(
    names: Names,
    new_probe: NewProbe,
    new_server: NewServer,
    authority: Authority,
    host: str,
) -> tuple[HostileServer, Probe]:
    """A probe that registers with a server whose certificate has these names."""
    dialled = names.dialled.format(host=host)
    server = await new_server(names.issue(authority, host))
    probe = await new_probe(
        names={} if dialled == host else {dialled: host},
        server=f"{dialled}:{server.port}",
        allow_wildcard=names.allow_wildcard,
    )
    return server, probe


# 0002: an offer that is refused before the call exists

FINGERPRINT = "a=fingerprint:SHA-256 " + ":".join(["00"] * 32)

REFUSED_OFFERS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "no keys for SDES": ("sdes", "RTP/SAVP", ()),
    "a plain one for SDES": ("sdes", "RTP/AVP", ()),
    "a plain one for DTLS": ("dtls", "RTP/AVP", ()),
    "TCP for SDES": ("sdes", "TCP/RTP/SAVP", (sip.crypto(),)),
    "TCP for DTLS": ("dtls", "TCP/TLS/RTP/SAVP", ("a=setup:actpass", FINGERPRINT)),
}


@pytest.mark.parametrize("kind", list(REFUSED_OFFERS))
async def test_an_offer_that_the_media_layer_refuses_does_not_end_the_process(
    new_probe: NewProbe, new_server: NewServer, kind: str
) -> None:
    keying, profile, attributes = REFUSED_OFFERS[kind]
    caller = await registered(new_probe, new_server, keyings=[keying])
    answer = await caller.invite(profile, attributes)
    assert answer.status >= 400, answer.first
    assert (await caller.ask("OPTIONS")).status == 200
    if keying == "sdes":
        good = await caller.invite("RTP/SAVP", (sip.crypto(),))
    else:
        good = await caller.invite(sip.DTLS, ("a=setup:actpass", FINGERPRINT))
    assert good.status == 180, good.first
    assert await caller.probe.quit() == 0


# 0003: handles of transports


async def test_a_connection_can_be_shut_down_by_the_handle_that_was_delivered(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    server = await new_server()
    probe = await new_probe(server=f"{host}:{server.port}", shut_down=True)
    await probe.until("shut_down")
    connected = await probe.until_transport("connected")
    gone = await probe.until_transport("destroyed")
    assert gone["handle"] == connected["handle"]
    assert (await probe.until("registration"))["code"] == 503
    assert await probe.quit() == 0
    assert await server.all_received() == b""


async def test_a_connection_says_whom_it_was_made_to_and_what_was_shown(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str
) -> None:
    leaf = authority.issue("named", dns=["pbx.example.test"])
    server = await new_server(leaf)
    probe = await new_probe(
        names={"pbx.example.test": host}, server=f"pbx.example.test:{server.port}"
    )
    connected = await probe.until_transport("connected")
    assert connected["remote_name"] == "pbx.example.test"
    assert connected["remote_port"] == server.port
    assert connected["outgoing"] is True
    assert [pem.split() for pem in connected["chain"]] == [leaf.certificate.read_text().split()]


async def test_what_comes_in_names_the_connection_that_carried_it(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server)
    handle = (await caller.probe.until_transport("connected"))["handle"]
    assert handle
    assert (await caller.probe.until("registration"))["transport"] == handle
    assert (await caller.invite("RTP/SAVP", (sip.crypto(),))).status == 180
    assert (await caller.probe.until("incoming"))["transport"] == handle
    sent = await caller.probe.until("message", lambda event: event["direction"] == "out")
    assert sent["transport"] == handle


async def test_what_goes_out_names_the_connection_that_carried_it(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    probe = await _call_out(new_probe, new_server, host, "")
    received = await probe.until("message", lambda event: event["direction"] == "in")
    assert received["transport"] == (await probe.until_transport("connected"))["handle"]
    await probe.until("call", lambda event: event["state"] == "CONFIRMED")
    said = {event["transport"] for event in probe.events if event["event"] == "message"}
    # None has been chosen when the first message is made.
    assert said - {None, 0} == {received["transport"]}


async def test_a_connection_that_was_accepted_is_not_called_outgoing(
    new_probe: NewProbe, host: str, leaf: Leaf
) -> None:
    callee = await _listening_probe(new_probe, host, leaf)
    caller = await new_probe(bound=host)
    await caller.tell("call", uri=await _uri(callee))
    assert (await caller.until_transport("connected"))["outgoing"] is True
    assert (await callee.until_transport("connected"))["outgoing"] is False


# 0004: the state of SRTP


@pytest.mark.parametrize("keying", ["sdes", "dtls"])
async def test_the_state_of_srtp_and_what_authenticated_is_told(
    new_probe: NewProbe, host: str, leaf: Leaf, keying: str
) -> None:
    caller, callee = await _call(new_probe, host, leaf, keying)
    for probe in (caller, callee):
        state = await probe.until("srtp", lambda event: event["accepted"] >= ENOUGH)
        assert state["active"] is True
        assert state["keying"] == keying
        assert state["rejected"] == 0
    assert state["rx_suite"] == state["tx_suite"]
    assert state["rx_suite"] in (await caller.until("ready"))["suites"]

    _send_garbage(state["port"], ENOUGH)
    state = await callee.until("srtp", lambda event: event["rejected"] >= ENOUGH)
    before = state["accepted"]
    assert state["active"] is True
    # Good packets are still good.
    state = await callee.until("srtp", lambda event: event["accepted"] >= before + ENOUGH)
    assert state["rejected"] == ENOUGH


async def test_keys_that_do_not_fit_leave_srtp_active_and_nothing_accepted(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    assert (await caller.invite("RTP/SAVP", (sip.crypto(),))).status == 200
    state = await caller.probe.until("srtp")
    _send_garbage(state["port"], ENOUGH)
    state = await caller.probe.until("srtp", lambda event: event["rejected"] == ENOUGH)
    assert state["active"] is True
    assert state["accepted"] == 0
    assert state["rx_suite"] == "AES_CM_128_HMAC_SHA1_80"


def _send_garbage(address: str, count: int) -> None:
    """Send packets that look like SRTP and authenticate with no key."""
    host, _, port = address.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(count):
            header = struct.pack("!BBHII", 0x80, PCMU, number, 160 * number, 0xBAD)
            sender.sendto(header + os.urandom(170), (host, int(port)))


# 0005: listening for TLS


async def test_a_transport_that_was_not_asked_to_listen_has_no_open_port(
    new_probe: NewProbe, new_server: NewServer, host: str, leaf: Leaf
) -> None:
    server = await new_server()
    probe = await new_probe(
        server=f"{host}:{server.port}", certificate=str(leaf.certificate), key=str(leaf.key)
    )
    assert (await probe.until("registration"))["code"] == 200
    assert _listening(probe.pid) == []


async def test_a_transport_without_a_certificate_does_not_listen(new_probe: NewProbe) -> None:
    probe = await new_probe(listen=True)
    assert _listening(probe.pid) == []


async def test_a_transport_with_a_certificate_listens_where_it_was_asked_to(
    new_probe: NewProbe, host: str, leaf: Leaf
) -> None:
    probe = await _listening_probe(new_probe, host, leaf)
    assert _listening(probe.pid) == [(await probe.until("ready"))["address"]]
    assert _listening(probe.pid)[0].startswith(f"{host}:")


async def test_there_is_room_for_a_transport_for_every_account(new_probe: NewProbe) -> None:
    probe = await new_probe(transports=72)
    ready = await probe.until("ready")
    assert (ready["transports"], ready["refusal"]) == (72, None)
    assert _listening(probe.pid) == []


def _listening(pid: int) -> list[str]:
    """TCP addresses at which a process listens."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if match := re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink())):
                inodes.add(match[1])
    settings = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            local, state, inode = fields[1], fields[3], fields[9]
            if state == "0A" and inode in inodes:
                settings.append(_address(local))
    return settings


def _address(text: str) -> str:
    """Address as in /proc: words of the machine's byte order in hex."""
    words, port = text.split(":")
    order = struct.iter_unpack("=I", bytes.fromhex(words))
    packed = b"".join(struct.pack("!I", word) for (word,) in order)
    return f"{ipaddress.ip_address(packed)}:{int(port, 16)}"


# 0006: SDES lines with session parameters

NOT_UNDERSTOOD = (
    " X-PARAMETER",
    " X-PARAMETER=1",
    "|2^20|1:4 X-PARAMETER",
    " KDR=1",
    f" FEC_KEY=inline:{'A' * 40}",
    " FEC_ORDER=FEC_SRTP",
    " WSH=64 ROT13",
    "  ROT13",
)


@pytest.mark.parametrize("suffix", NOT_UNDERSTOOD)
async def test_an_offer_with_a_parameter_that_is_not_understood_is_refused(
    new_probe: NewProbe, new_server: NewServer, suffix: str
) -> None:
    caller = await registered(new_probe, new_server)
    answer = await caller.invite("RTP/SAVP", (sip.crypto(suffix=suffix),))
    assert answer.status in (406, 488), answer.first
    # The same offer without those words is accepted.
    assert (await caller.invite("RTP/SAVP", (sip.crypto(),))).status == 180


@pytest.mark.parametrize("suffix", ["", "|2^20", "|2^20|1:4", "|1:4", " WSH=128", " "])
async def test_an_offer_with_a_lifetime_and_a_key_index_is_taken(
    new_probe: NewProbe, new_server: NewServer, suffix: str
) -> None:
    caller = await registered(new_probe, new_server)
    assert (await caller.invite("RTP/SAVP", (sip.crypto(suffix=suffix),))).status == 180


@pytest.mark.parametrize("position", [0, 1])
async def test_a_line_that_is_not_understood_spoils_the_offer(
    new_probe: NewProbe, new_server: NewServer, position: int
) -> None:
    caller = await registered(new_probe, new_server)
    lines = [sip.crypto("AES_256_CM_HMAC_SHA1_80", tag=2)]
    lines.insert(position, sip.crypto(suffix=" X-PARAMETER"))
    answer = await caller.invite("RTP/SAVP", tuple(lines))
    assert answer.status in (406, 488), answer.first


@pytest.mark.parametrize("suffix", NOT_UNDERSTOOD[:3])
async def test_an_answer_with_a_parameter_that_is_not_understood_ends_the_call(
    new_probe: NewProbe, new_server: NewServer, host: str, suffix: str
) -> None:
    probe = await _call_out(new_probe, new_server, host, suffix)
    ended = await probe.until("call", lambda event: event["state"] == "DISCONNECTED")
    assert ended["code"] in (406, 488)
    assert [event for event in probe.events if event["event"] == "srtp"] == []


# 0025, 0062: the call with the number of another


async def test_a_call_object_that_goes_leaves_the_call_that_has_its_number(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server, max_calls=1)
    assert (await caller.invite("RTP/SAVP", (sip.crypto(),))).status == 180
    await caller.probe.tell("hang up")
    await caller.probe.until("call", lambda event: event["state"] == "DISCONNECTED")
    call_id = caller.send_invite("RTP/SAVP", (sip.crypto(),))

    def is_answer(message: sip.Message) -> bool:
        return message.status > 100 and message.get("Call-ID") == call_id

    _, answer = await caller.server.until(is_answer)
    assert answer.status == 180, answer.first
    await caller.probe.tell("forget")
    await caller.probe.tell("answer")
    _, answer = await caller.server.until(lambda m: is_answer(m) and m.status >= 200)
    assert answer.status == 200, answer.first


# Helpers of several tests


async def _listening_probe(
    new_probe: NewProbe,
    host: str,
    leaf: Leaf,
    keyings: tuple[str, ...] = ("sdes",),
) -> Probe:
    return await new_probe(
        bound=host,
        listen=True,
        certificate=str(leaf.certificate),
        key=str(leaf.key),
        keyings=keyings,
        answer=200,
    )


async def _uri(callee: Probe) -> str:
    return f"sip:alice@{(await callee.until('ready'))['address']};transport=tls"


async def _call(new_probe: NewProbe, host: str, leaf: Leaf, keying: str) -> tuple[Probe, Probe]:
    """A call between two probes; returns the caller and the callee."""
    callee = await _listening_probe(new_probe, host, leaf, (keying,))
    caller = await new_probe(bound=host, keyings=[keying])
    await caller.tell("call", uri=await _uri(callee))

    def is_up(event: Event) -> bool:
        return bool(event["state"] == "CONFIRMED")

    await asyncio.gather(caller.until("call", is_up), callee.until("call", is_up))
    return caller, callee


async def _call_out(new_probe: NewProbe, new_server: NewServer, host: str, suffix: str) -> Probe:
    """A probe that calls a server, whose answer's SDES line has a suffix."""
    server = await new_server()

    def behave(connection: Connection, message: sip.Message) -> None:
        contact = f"<sip:bob@{host}:{server.port};transport=tls>"
        if message.method == "INVITE":
            body = sip.sdp(host, 9, "RTP/SAVP", (_taken(message.body, suffix),))
            connection.send(sip.response(message, 200, "OK", contact=contact, body=body))
        elif message.method == "BYE":
            connection.send(sip.response(message, 200, "OK"))

    server.behaviour = behave
    probe = await new_probe(bound=host)
    await probe.tell("call", uri=f"sip:bob@{host}:{server.port};transport=tls")
    return probe


def _taken(offer: str, suffix: str) -> str:
    """First suite of an offer, accepted with a key of our own."""
    match = re.search(r"a=crypto:(\d+) (\S+)", offer)
    assert match is not None
    return sip.crypto(match[2], suffix, int(match[1]))
