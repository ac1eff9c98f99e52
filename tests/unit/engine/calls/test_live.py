"""A running call: its streams, its lock, and the clients' view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from voip.causes import Cause, CauseKind
from voip.engine.calls.live import LiveCall
from voip.engine.files.sound_files import PlayedFile
from voip.model import CallState, Direction, HeldBy, Party
from voip.protection import Keying, MediaKind, Stream, TlsStatus, Transport
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import ConnectionEvent

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z
FILE = PlayedFile(Path("/tmp/hello.wav"), is_copy=False)
VOICE = Stream(
    kind=MediaKind.AUDIO,
    active=True,
    srtp=True,
    suite="AES_256_CM_HMAC_SHA1_80",
    keying=Keying.SDES,
    codec="opus/48000/2",
)
CONNECTION = ConnectionEvent(
    id=1,
    up=True,
    outgoing=True,
    transport=Transport.TLS,
    host="pbx.example.com",
    port=5061,
    tls=TlsStatus("TLSv1.3", "TLS_AES_256_GCM_SHA384", True),
)
FAILING = "voice packets arrive that are not authentic"


def live(**changes: Any) -> LiveCall:
    values: dict[str, Any] = {
        "id": 3,
        "number": -1,
        "role": Role.SECURE,
        "account": "work",
        "transport": Transport.TLS,
        "direction": Direction.IN,
        "remote": Party("sip:bob@example.com", "Bob"),
        "state": CallState.ACTIVE,
        "started": START,
        "answered": START + 10,
        "connection": CONNECTION,
        "streams": (VOICE,),
    }
    return LiveCall(**{**values, **changes})


def failing_of(call: LiveCall) -> set[int]:
    return {index for index, stream in enumerate(call.streams) if stream.failing}


def counted(accepted: int, rejected: int, stream: Stream = VOICE) -> Stream:
    return replace(stream, accepted=accepted, rejected=rejected)


@pytest.mark.parametrize(
    ("counts", "failing"),
    [
        ([(0, 0)], [False]),
        ([(50, 0), (100, 0)], [False, False]),
        ([(0, 4)], [False]),
        ([(0, 5)], [True]),
        ([(50, 0), (50, 5)], [False, True]),
        ([(50, 0), (51, 40)], [False, False]),
        # Two a second, as a stray or malicious sender sends them.
        ([(50, 0), (50, 2), (50, 4), (50, 6), (50, 8)], [False] * 5),
        # It ends when they stop, and when they are few.
        ([(0, 5), (0, 5), (0, 5)], [True, False, False]),
        ([(0, 9), (0, 11)], [True, False]),
        ([(0, 5), (0, 10), (0, 15)], [True, True, True]),
        ([(0, 5), (1, 99)], [True, False]),
    ],
)
def test_failing_is_enough_rejected_in_a_second_and_nothing_accepted(
    counts: list[tuple[int, int]], failing: list[bool]
) -> None:
    call = live(streams=())
    seen = []
    for accepted, rejected in counts:
        call.see_streams((counted(accepted, rejected),))
        seen.append(not call.lock().closed)
        assert (call.lock().why == FAILING) == seen[-1]
    assert seen == failing


@pytest.mark.parametrize(("rejected", "failing"), [(14, False), (15, True)])
def test_a_report_that_comes_late_counts_by_the_second(rejected: int, failing: bool) -> None:
    call = live(streams=())
    call.see_streams((counted(50, 0),))
    call.see_streams((counted(50, rejected),), seconds=3.0)
    assert bool(failing_of(call)) is failing


def test_a_report_that_comes_early_does_not_lower_what_is_enough() -> None:
    call = live(streams=())
    call.see_streams((counted(0, 4),), seconds=0.1)
    assert not failing_of(call)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=12))
def test_failing_is_judged_by_the_last_second_alone(steps: list[tuple[int, int]]) -> None:
    call = live(streams=())
    total_accepted = total_rejected = 0
    for accepted, rejected in steps:
        total_accepted += accepted
        total_rejected += rejected
        call.see_streams((counted(total_accepted, total_rejected),))
        expected = accepted == 0 and rejected >= 5
        assert failing_of(call) == ({0} if expected else set())


def test_a_change_of_streams_within_the_second_is_no_report() -> None:
    call = live(streams=())
    call.see_streams((counted(50, 0),))
    for rejected in (3, 6):
        call.change_streams((counted(50, rejected),))
        assert not failing_of(call)
    call.see_streams((counted(50, 6),))
    assert failing_of(call)
    call.change_streams((counted(50, 6),))
    assert failing_of(call)


TEXT = replace(VOICE, kind=MediaKind.TEXT, codec="red/1000")
PLAIN_TEXT = replace(TEXT, srtp=False, suite=None, keying=None)


@pytest.mark.parametrize(
    ("transport", "streams", "can_write"),
    [
        (Transport.TLS, (VOICE,), False),
        (Transport.TLS, (VOICE, TEXT), True),
        (Transport.TLS, (VOICE, replace(TEXT, active=False)), False),
        (Transport.TLS, (VOICE, PLAIN_TEXT), False),
        (Transport.TLS, (VOICE, TEXT, PLAIN_TEXT), False),
        (Transport.UDP, (VOICE,), False),
        (Transport.UDP, (VOICE, PLAIN_TEXT), True),
    ],
)
def test_both_sides_write_as_secretly_as_the_account_demands(
    transport: Transport, streams: tuple[Stream, ...], can_write: bool
) -> None:
    call = live(transport=transport, streams=streams)
    assert call.has_realtime_text is can_write
    assert call.snapshot(START + 20).realtime_text is can_write
    call.ended = START + 15
    assert not call.snapshot(START + 20).realtime_text


def test_each_stream_fails_for_itself() -> None:
    call = live(streams=())
    video = replace(VOICE, kind=MediaKind.VIDEO, codec=None)
    call.see_streams((counted(10, 0), counted(0, 5, video)))
    assert failing_of(call) == {1}
    assert call.lock().why == "video packets arrive that are not authentic"
    call.see_streams((counted(20, 0),))
    assert failing_of(call) == set()


def test_a_stream_that_counts_again_is_judged_by_what_it_counts() -> None:
    call = live(streams=())
    call.see_streams((counted(5, 0),))
    call.change_streams((counted(0, 0),))
    call.see_streams((counted(5, 9),))
    assert failing_of(call) == set()


def test_packets_accepted_since_the_counters_began_anew_are_seen() -> None:
    # After a re-INVITE a stream counts from zero: 40 packets were authentic.
    call = live(streams=())
    call.see_streams((counted(5000, 0),))
    call.see_streams((counted(40, 9),))
    assert failing_of(call) == set()


def test_packets_rejected_since_the_counters_began_anew_are_seen() -> None:
    call = live(streams=())
    call.see_streams((counted(5000, 100),))
    call.see_streams((counted(0, 60),))
    assert failing_of(call) == {0}


def test_codec_is_the_first_active_stream_s_and_is_remembered() -> None:
    call = live(streams=())
    call.see_streams((replace(VOICE, active=False, codec="gsm/8000/1"), VOICE))
    assert call.codec == "opus/48000/2"
    call.see_streams((replace(VOICE, active=False),))
    assert call.codec == "opus/48000/2"
    call.see_streams((replace(VOICE, codec=None),))
    assert call.codec == "opus/48000/2"


def test_lock_closes() -> None:
    lock = live().lock()
    assert lock.closed
    assert lock.why == "encrypted to pbx.example.com; beyond it, unknown"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"role": Role.OPEN}, "this call is not in the process that knows only TLS"),
        ({"connection": None}, "no connection to the server has been seen yet"),
        ({"connection": replace(CONNECTION, up=False)},
         "the TLS connection to the server has dropped"),
        ({"connection": replace(CONNECTION, outgoing=False)},
         "the server's certificate was not verified"),
        ({"connection": replace(CONNECTION, tls=None)},
         "the server's certificate was not verified"),
        ({"connection": replace(CONNECTION, tls=TlsStatus("TLSv1.3", "x", False))},
         "the server's certificate was not verified"),
        ({"connection": replace(CONNECTION, host="")},
         "it is not known what was negotiated with the server"),
        ({"connection": replace(CONNECTION, transport=Transport.TCP)},
         "the signalling did not travel over TLS"),
        ({"connection": replace(CONNECTION, tls=TlsStatus("", "x", True))},
         "it is not known what was negotiated with the server"),
        ({"streams": ()}, "no voice is flowing yet"),
        ({"streams": (replace(VOICE, active=False),)}, "no voice is flowing yet"),
        ({"streams": (replace(VOICE, srtp=False),)}, "the voice is not encrypted"),
        ({"streams": (replace(VOICE, suite=None),)}, "the keys of the voice are not agreed yet"),
        ({"streams": (replace(VOICE, keying=None),)}, "the keys of the voice are not agreed yet"),
        ({"state": CallState.ENDED}, "the call has ended"),
        ({"transport": Transport.UDP, "streams": (replace(VOICE, srtp=False),)},
         "this account uses UDP: anyone on the way can listen"),
    ],
)  # fmt: skip
def test_lock_is_open_without_each_fact(changes: dict[str, Any], words: str) -> None:
    lock = live(**changes).lock()
    assert not lock.closed
    assert lock.why == words


@pytest.mark.parametrize(
    ("number", "evidence"),
    [
        (1, "the same connection since the call began"),
        (2, "another connection than when the call began"),
    ],
)
def test_report_tells_when_a_call_moved_to_another_connection(number: int, evidence: str) -> None:
    call = live(connection=None)
    call.use(CONNECTION)
    call.use(replace(CONNECTION, id=number))
    (fact,) = [f for f in call.lock_report().facts if f.name == "the connection is up"]
    assert (fact.holds, fact.evidence) == (True, evidence)


def test_snapshot() -> None:
    call = live(muted=True, recording=True, code=200, reason="OK", codec="opus/48000/2")
    shown = call.snapshot(START + 12.3456)
    assert shown.id == "3"
    assert shown.started == "2026-01-01T00:00:00Z"
    assert shown.answered == "2026-01-01T00:00:10Z"
    assert shown.duration_s == 2.346
    assert (shown.muted, shown.recording) == (True, True)
    assert (shown.code, shown.reason) == (200, "OK")
    assert shown.lock == call.lock()


def test_snapshot_before_the_answer() -> None:
    shown = live(state=CallState.INCOMING, answered=None).snapshot(START + 99)
    assert shown.answered is None
    assert shown.duration_s == 0.0


def test_duration_stops_with_the_call() -> None:
    assert live(ended=START + 15).snapshot(START + 99).duration_s == 5.0


def test_clock_set_back_gives_no_negative_duration() -> None:
    assert live().snapshot(START).duration_s == 0.0


def test_our_own_reason_comes_before_the_far_end_s() -> None:
    call = live(reason="Busy Here", cause=Cause(CauseKind.PHONE_STOPPED))
    assert call.snapshot(START).reason == "the phone was stopped"
    refused = live(cause=Cause(CauseKind.NO_ENCRYPTION, ("caller",)), refused=True)
    assert refused.snapshot(START).reason == "refused: the caller offered no encryption"


@pytest.mark.parametrize(
    ("state", "playing", "shown"),
    [
        (CallState.ACTIVE, True, True),
        (CallState.ACTIVE, False, False),
        (CallState.RINGING, True, False),
    ],
)
def test_a_file_is_shown_to_play_once_somebody_can_hear_it(
    state: CallState, playing: bool, shown: bool
) -> None:
    assert live(state=state, file=FILE if playing else None).snapshot(START).playing is shown


@pytest.mark.parametrize(
    ("held_by", "cut_off"),
    [(None, False), (HeldBy.US, True), (HeldBy.THEM, False), (HeldBy.BOTH, True)],
)
def test_a_call_is_cut_off_while_we_hold_it(held_by: HeldBy | None, cut_off: bool) -> None:
    assert live(held_by=held_by).on_hold is cut_off
