"""Input that our patches refuse before it reaches PJSIP's limits.

Each row stays below the limits of a PJSIP without our patches: it goes one
over a limit of ours, and a row beside it that is at the limit is accepted.
Where a patch has no limit of its own, a row shows that similar input works.
"""

from __future__ import annotations

import pytest

from tests.conftest import NewServer
from tests.native.caller import registered
from tests.native.conftest import NewProbe
from tests.support.peers import sip
from tests.support.peers.hostile import Connection
from tests.support.pki import Authority

_REFUSED = (400, 406, 415, 488)

# 0050: SDES lines

_MOST_SDES_LINES = 32


def _sdes_lines(count: int) -> tuple[str, ...]:
    return tuple(sip.crypto(tag=tag) for tag in range(1, count + 1))


async def test_an_offer_with_more_sdes_lines_than_anybody_needs_is_refused(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server)
    most = await caller.invite("RTP/SAVP", _sdes_lines(_MOST_SDES_LINES))
    assert most.status == 180, most.first
    answer = await caller.invite("RTP/SAVP", _sdes_lines(_MOST_SDES_LINES + 1))
    assert answer.status in (406, 488), answer.first
    assert (await caller.ask("OPTIONS")).status == 200


# 0051: media lines

_MOST_MEDIA_LINES = 8


def _media_lines(count: int) -> tuple[str, ...]:
    """Keys of the first stream, and streams that are not used."""
    return (sip.crypto(), *["m=video 0 RTP/SAVP 31"] * (count - 1))


async def test_a_session_with_more_media_lines_than_a_call_holds_is_refused(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server)
    most = await caller.invite("RTP/SAVP", _media_lines(_MOST_MEDIA_LINES))
    assert most.status == 180, most.first
    answer = await caller.invite("RTP/SAVP", _media_lines(_MOST_MEDIA_LINES + 1))
    assert answer.status in _REFUSED, answer.first
    assert (await caller.ask("OPTIONS")).status == 200


async def test_a_call_with_more_streams_than_it_holds_is_not_made(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    server = await new_server()
    probe = await new_probe(bound=host)
    uri = f"sip:bob@{host}:{server.port};transport=tls"
    await probe.tell("call", uri=uri, streams=_MOST_MEDIA_LINES + 1)
    assert "PJ_ETOOMANY" in (await probe.until("no call"))["reason"]
    await probe.tell("call", uri=uri, streams=_MOST_MEDIA_LINES)
    _, invite = await server.until(lambda message: message.method == "INVITE")
    assert invite.body.count("m=audio ") == _MOST_MEDIA_LINES


# 0052: the list of codecs

_MOST_CODECS = 24


async def test_an_offer_keeps_places_for_the_telephone_events_behind_its_codecs(
    new_probe: NewProbe, new_server: NewServer, host: str
) -> None:
    server = await new_server()
    probe = await new_probe(bound=host)
    await probe.tell("call", uri=f"sip:bob@{host}:{server.port};transport=tls")
    _, invite = await server.until(lambda message: message.method == "INVITE")
    [line] = [line for line in invite.body.splitlines() if line.startswith("m=audio")]
    formats = line.split()[3:]
    assert len(formats) == len(set(formats))
    events = [f for f in formats if f"a=rtpmap:{f} telephone-event/" in invite.body]
    assert events == formats[-len(events) :]
    assert {"0", "8", "9"} < set(formats) - set(events)
    assert len(formats) - len(events) <= _MOST_CODECS


# 0053: redundant formats


async def test_redundant_sound_is_passed_over_in_an_answer(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server, answer=200)
    offer = _sdes_session(caller.server.host).replace(" 0 101", " 0 97 101")
    offer += "a=rtpmap:97 red/8000\r\na=fmtp:97 0/0\r\n"
    answer = await caller.ask("INVITE", offer)
    assert answer.status == 200, answer.first
    assert "red/8000" not in answer.body
    assert " RTP/SAVP 0 101\r\n" in answer.body


# 0054: SDP numbers


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("a=rtpmap:97 L16/192000", "a=rtpmap:97 L16/192001"),
        ("a=rtcp:65535", "a=rtcp:65536"),
    ],
)
async def test_a_session_with_a_number_out_of_its_range_is_refused(
    new_probe: NewProbe, new_server: NewServer, good: str, bad: str
) -> None:
    caller = await registered(new_probe, new_server)
    accepted = await caller.invite("RTP/SAVP", (sip.crypto(), good))
    assert accepted.status == 180, accepted.first
    refused = await caller.invite("RTP/SAVP", (sip.crypto(), bad))
    assert refused.status in _REFUSED, refused.first


@pytest.mark.parametrize("line", ["a=ssrc:4294967295 cname:x", "a=rtpmap:97 L16", "a=rtpmap:97"])
async def test_a_session_with_any_other_line_is_accepted(
    new_probe: NewProbe, new_server: NewServer, line: str
) -> None:
    caller = await registered(new_probe, new_server)
    for _ in range(2):
        answer = await caller.invite("RTP/SAVP", (sip.crypto(), line))
        assert answer.status == 180, answer.first


# 0056: headers


async def test_a_large_answer_is_whole(new_probe: NewProbe, new_server: NewServer) -> None:
    caller = await registered(new_probe, new_server)
    vias = tuple(
        f"Via: SIP/2.0/TLS proxy{number}.pbx.test;branch=z9hG4bK-{'x' * 200}"
        for number in range(40)
    )
    answer = await caller.ask("OPTIONS", extra=vias)
    assert answer.status == 200, answer.first
    assert len(answer.all("Via")) == 1 + len(vias)
    assert answer.get("Allow").split(", ")[0] == "PRACK"


# 0057: multipart bodies


async def test_a_session_in_a_multipart_body_is_read(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    caller = await registered(new_probe, new_server)
    parts = [
        f"--part\r\nContent-Type: {kind}\r\n\r\n{text}\r\n"
        for kind, text in (
            ("text/plain", "A call"),
            ("application/sdp", _sdes_session(caller.server.host)),
        )
    ]
    answer = await caller.ask(
        "INVITE", "".join(parts) + "--part--\r\n",
        extra=("Content-Type: multipart/mixed;boundary=part",),
    )  # fmt: skip
    assert answer.status == 180, answer.first


# 0058: XML

_DEEPEST = 16


def _presence(depth: int) -> str:
    """A presence document (RFC 3863) with elements nested `depth` deep."""
    deep = "<x>" * (depth - 2) + "<x/>" + "</x>" * (depth - 2)
    return (
        '<?xml version="1.0"?>\n<!-- a document -->\n'
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:bob@pbx.test">'
        f'<tuple id="a"><status><basic>open</basic></status></tuple>{deep}</presence>'
    )


@pytest.mark.parametrize(("depth", "status"), [(_DEEPEST, 200), (_DEEPEST + 1, 488)])
async def test_xml_that_is_deeper_than_any_of_sip_is_not_read(
    new_probe: NewProbe, new_server: NewServer, depth: int, status: int
) -> None:
    caller = await registered(new_probe, new_server)
    contact = f"<sip:bob@{caller.server.host}:{caller.server.port};transport=tls>"
    via = f"SIP/2.0/TLS {caller.server.host}:{caller.server.port}"

    def behave(connection: Connection, message: sip.Message) -> None:
        if message.method != "SUBSCRIBE":
            return
        accepted = sip.response(message, 202, contact=contact, extra=("Expires: 600",))
        connection.send(accepted)
        [read] = sip.Parser().feed(accepted)
        dialog = sip.Dialog(read.get("To"), read.get("From"), read.get("Call-ID"), caller.contact)
        connection.send(
            sip.within(
                dialog, "NOTIFY", 1, via=via, contact=contact, body=_presence(depth),
                extra=(
                    "Event: presence", "Subscription-State: active;expires=600",
                    "Content-Type: application/pidf+xml",
                ),
            )
        )  # fmt: skip

    caller.server.behaviour = behave
    await caller.probe.tell("watch", uri=contact)
    _, answer = await caller.server.until(
        lambda message: message.status > 0 and message.get("CSeq") == "1 NOTIFY"
    )
    assert answer.status == status, answer.first


# 0059: quotes


@pytest.mark.parametrize("name", [r"A \"B\" C", r"A\\", r"\\\"", "", "A, <B>; c=d"])
async def test_a_name_in_quotes_ends_where_it_ends(
    new_probe: NewProbe, new_server: NewServer, name: str
) -> None:
    caller = await registered(new_probe, new_server)
    answer = await caller.ask(
        "INVITE", _sdes_session(caller.server.host), sender=f'"{name}" <sip:m@evil.test>'
    )
    assert answer.status == 180, answer.first
    shown = f'"{name}" ' if name else ""
    assert (await caller.probe.until("incoming"))["remote"] == f"{shown}<sip:m@evil.test>"


async def test_a_name_whose_quote_does_not_end_is_not_read(
    new_probe: NewProbe, new_server: NewServer
) -> None:
    """RFC 4475 section 3.1.2.6 has one; the next call is read as usual."""
    caller = await registered(new_probe, new_server)
    body = _sdes_session(caller.server.host)
    unfinished = 'Record-Route: "Mallory <sip:m@evil.test>'
    refused = await caller.ask("INVITE", body, extra=(unfinished,))
    assert refused.status == 400, refused.first
    accepted = await caller.ask("INVITE", body)
    assert accepted.status == 180, accepted.first


# 0060: proxies

_MOST_PROXIES = 4


async def test_an_account_with_more_proxies_than_it_has_places_for_is_refused(
    new_probe: NewProbe, host: str
) -> None:
    routes = [f"<sip:{host}:{port};transport=tls;lr>" for port in range(9, 14)]
    probe = await new_probe(
        others=[
            {"user": "bob", "proxies": routes[: _MOST_PROXIES + 1]},
            {"user": "carol", "proxies": routes[:_MOST_PROXIES]},
        ]
    )
    refused = [event for event in probe.events if event["event"] == "no account"]
    assert [event["user"] for event in refused] == ["bob"]
    assert "PJ_ETOOMANY" in refused[0]["reason"]


# 0061: the names of a certificate


async def test_the_names_of_a_certificate_are_reported_as_they_are(
    new_probe: NewProbe, new_server: NewServer, authority: Authority, host: str
) -> None:
    leaf = authority.issue(
        "named", common_name="pbx/main", organisation="Example", dns=["pbx.example.test"],
        addresses=[host, "2001:db8::1"], uris=["sip:pbx.example.test"],
    )  # fmt: skip
    server = await new_server(leaf)
    probe = await new_probe(server=f"{host}:{server.port}")
    connected = await probe.until_transport("connected")
    assert connected["common_name"] == "pbx/main"
    names = ["pbx.example.test", host, "2001:db8::1", "sip:pbx.example.test"]
    assert sorted(connected["names"]) == sorted(names)


def _sdes_session(host: str) -> str:
    return sip.sdp(host, 9, "RTP/SAVP", (sip.crypto(),))
