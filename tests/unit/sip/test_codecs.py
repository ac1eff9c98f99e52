"""Codecs of a session in an account's order."""

from __future__ import annotations

import pytest

from voip.sip.codecs import Wish, chosen, has_any

_SESSION = "\r\n".join(
    [
        "v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "t=0 0",
        "m=audio 4000 RTP/SAVP 96 9 8 0 120 121", "c=IN IP4 192.0.2.1", "a=sendrecv",
        "a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1;maxaveragebitrate=64000",
        "a=rtpmap:9 G722/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:120 telephone-event/48000", "a=fmtp:120 0-16",
        "a=rtpmap:121 telephone-event/8000", "a=fmtp:121 0-16",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", "",
    ]
)  # fmt: skip


def _wish(*codecs: str, rate: int = 64000, dtx: bool = False) -> Wish:
    return Wish(codecs, rate, dtx)


def _offer(formats: str, *maps: str) -> str:
    return "\r\n".join([f"m=audio 5000 RTP/AVP {formats}", *(f"a=rtpmap:{one}" for one in maps)])


def _formats(session: str) -> str:
    line = next(line for line in session.split("\r\n") if line.startswith("m=audio"))
    return line.split(" ", 3)[3]


def test_a_session_without_wishes_is_left_as_it_is() -> None:
    assert chosen(_SESSION, _wish()) == _SESSION
    assert chosen(_SESSION, _wish(), _offer("0")) == _SESSION


@pytest.mark.parametrize(
    ("codecs", "formats"),
    [
        (("opus", "g722", "pcma", "pcmu"), "96 9 8 0 120 121"),
        (("pcma", "opus"), "8 96 120 121"),
        (("pcma", "pcmu"), "8 0 121"),
        (("pcmu",), "0 121"),
        (("opus",), "96 120"),
        (("gsm", "pcmu"), "0 121"),
    ],
)
def test_an_offer_has_the_codecs_in_their_order_and_events_of_their_clocks(
    codecs: tuple[str, ...], formats: str
) -> None:
    assert _formats(chosen(_SESSION, _wish(*codecs))) == formats


def test_lines_of_codecs_that_are_left_out_are_left_out_and_all_others_kept() -> None:
    assert chosen(_SESSION, _wish("pcmu")).split("\r\n") == [
        "v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "t=0 0",
        "m=audio 4000 RTP/SAVP 0 121", "c=IN IP4 192.0.2.1", "a=sendrecv",
        "a=rtpmap:0 PCMU/8000", "a=rtpmap:121 telephone-event/8000", "a=fmtp:121 0-16",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", "",
    ]  # fmt: skip


def test_numbers_that_need_no_map_are_known_without_one() -> None:
    short = "m=audio 4000 RTP/AVP 96 9 8 0 18 3 101\r\na=rtpmap:96 opus/48000/2\r\n"
    assert _formats(chosen(short, _wish("gsm", "g729", "pcmu", "pcma", "g722"))) == "3 18 0 8 9 101"


@pytest.mark.parametrize(
    ("offer", "formats"),
    [
        (_offer("0 8"), "8 121"),
        (_offer("0"), "0 121"),
        (_offer("109 0", "109 Opus/48000/2"), "0 121"),
        (_offer("109 9", "109 opus/48000/2"), "96 120"),
        # None in common: PJSIP refuses what is left.
        (_offer("9 3"), "8 0 96 120 121"),
        ("m=audio x", "8 0 96 120 121"),
    ],
)
def test_an_answer_has_the_first_codec_that_the_offer_has_too(offer: str, formats: str) -> None:
    assert _formats(chosen(_SESSION, _wish("pcma", "pcmu", "opus"), offer)) == formats


def test_other_streams_are_left_as_they_are() -> None:
    video = "m=video 4002 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
    assert chosen(_SESSION + video, _wish("pcmu")).endswith(video)


def test_each_stream_of_an_answer_is_compared_with_its_own_offer() -> None:
    offer = _offer("8") + "\r\n" + _offer("0")
    answer = chosen(_SESSION + _SESSION[_SESSION.index("m=") :], _wish("pcma", "pcmu"), offer)
    lines = [line for line in answer.split("\r\n") if line.startswith("m=")]
    assert [line.split(" ", 3)[3] for line in lines] == ["8 121", "0 121"]


def test_the_bit_rate_and_pauses_of_opus_are_asked_for() -> None:
    session = chosen(_SESSION, _wish("opus", rate=16000, dtx=True))
    assert "a=fmtp:96 useinbandfec=1;maxaveragebitrate=16000;usedtx=1\r\n" in session
    assert "a=fmtp:120 0-16\r\n" in session


@pytest.mark.parametrize(
    ("session", "codecs", "found"),
    [
        (_offer("0 8"), ("pcma",), True),
        (_offer("0"), ("pcma", "opus"), False),
        (_offer("96", "96 opus/48000/2"), ("opus",), True),
        ("m=video 5000 RTP/AVP 0", ("pcmu",), False),
        ("", ("pcmu",), False),
        ("m=", ("pcmu",), False),
        (_offer("96", f"96 opus/{'9' * 5000}", "9" * 5000), ("opus",), True),
    ],
)
def test_a_session_has_a_codec_or_not(session: str, codecs: tuple[str, ...], found: bool) -> None:
    assert has_any(session, codecs) is found
