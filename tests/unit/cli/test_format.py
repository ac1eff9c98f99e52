"""Output for people."""

from __future__ import annotations

import csv
import io

import pytest
from msgspec.structs import replace

from tests.contract import examples
from tui.words import phrases
from voip import model, protection
from voip.cli import format as shown
from voip.lamps import LampState
from voip.protocol.accounts import CheckReport
from voip.protocol.client import NumberedEvent
from voip.quality import Quality


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00"), (59.9, "00:59"), (252, "04:12"), (3600, "1:00:00"), (36_000.5, "10:00:00")],
)
def test_duration(seconds: float, text: str) -> None:
    assert shown.duration(seconds) == text


def test_call() -> None:
    assert shown.call(examples.CALL) == (
        "3  ←  Bob <sip:bob@example.com>  held by them, muted, playing a file, recording, "
        'forwarded by "Reception" <sip:200@pbx.test>, asks to connect you with '
        "sip:202@pbx.test, in place of sip:203@pbx.test, now with sip:201@pbx.test  00:12  "
        "[sealed] encrypted to pbx.example.com; beyond it, unknown  opus/48000/2"
    )
    assert shown.call(examples.NEW_CALL) == (
        "4  →  sip:100@example.com  dialing  [ wait ] no connection to the server has been seen yet"
    )


@pytest.mark.parametrize(
    ("state", "held_by", "words"),
    [
        (model.CallState.HELD, model.HeldBy.US, "held by you"),
        (model.CallState.HELD, model.HeldBy.BOTH, "held by both"),
        (model.CallState.REMOTE_HELD, model.HeldBy.THEM, "held by them"),
        (model.CallState.RINGING, None, "ringing"),
        (model.CallState.ACTIVE, None, "active"),
    ],
)
def test_states_are_those_of_the_screen(
    state: model.CallState, held_by: model.HeldBy | None, words: str
) -> None:
    call = replace(examples.NEW_CALL, state=state, held_by=held_by)
    assert shown.state_words(call) == words == phrases.state(call)


@pytest.mark.parametrize(
    ("tones", "words"),
    [
        (model.PostDial(0, 3), "active"),
        (model.PostDial(1, 3, begun=True), "active, sending tones (1 of 3 sent)"),
        (
            model.PostDial(1, 3, begun=True, waits=True),
            "active, 2 tones wait: offhook dtmf 4 --rest",
        ),
    ],
)
def test_progress_of_a_dial_string(tones: model.PostDial, words: str) -> None:
    call = replace(examples.NEW_CALL, state=model.CallState.ACTIVE, post_dial=tones)
    assert shown.state_words(call) == words


def test_a_speaker_that_ran_out_of_sound_is_told() -> None:
    quality = Quality(mos=4.2, underruns=3)
    call = replace(examples.NEW_CALL, state=model.CallState.ACTIVE, quality=quality)
    assert shown.state_words(call) == "active, 3 gaps in your speaker"


def test_a_check_has_its_search_below_the_name() -> None:
    report = examples.REPLIES["check"]
    assert isinstance(report, CheckReport)
    assert shown.check(report).splitlines() == [
        "ok   name: pbx.example.com is at 192.0.2.1, 2001:db8::1",
        "       example.com has no NAPTR records",
        "       SRV _sips._tcp.example.com: pbx.example.com:5061",
        "       pbx.example.com is at 192.0.2.1, 2001:db8::1",
        "       192.0.2.1:5061: the connection failed: Connection refused",
        "       [2001:db8::1]:5061 answered in 12 ms, IPv6",
        "ok   tls: TLSv1.3, TLS_AES_256_GCM_SHA384",
        "ok   certificate: verified, for pbx.example.com",
        "BAD  registration: the user name or password is wrong (401)",
        "ok   stun: stun.example.com answers",
        " –   relay: not reached",
    ]


def test_account() -> None:
    assert shown.account(examples.ACCOUNT) == (
        "[server]  work  sip:alice@pbx.example.com  TLS, TLSv1.3  registered  "
        "(the server's certificate ends in 9 days)  voice mail: 2 new (1 urgent), 8 old  "
        "your state is not published: the server takes no state of its users"
    )
    fine = replace(examples.ACCOUNT, warning=None, voicemail=None, publication=None)
    assert shown.account(fine).endswith("  registered")
    seen = replace(fine, publication=model.Publication(LampState.BUSY))
    assert shown.account(seen).endswith("  others see you as busy")
    unseen = replace(fine, publication=model.Publication())
    assert shown.account(unseen).endswith("  your state is not published yet")
    failed = model.Registration(model.RegistrationState.FAILED, 403, "not allowed")
    waits = replace(fine, registration=failed, tls=None, sign=protection.Sign.WAIT)
    assert shown.account(waits) == (
        "[ wait ]  work  sip:alice@pbx.example.com  TLS  failed: not allowed (403)"
    )
    assert shown.account(replace(fine, enabled=False)).endswith("  disabled")
    assert shown.account(examples.BAD_ACCOUNT) == (
        "home: accounts.toml: account home: “domain” is missing"
    )


def test_status_has_every_account_and_call() -> None:
    lines = shown.status(examples.STATUS).splitlines()
    for status in (
        *map(shown.account, examples.STATUS.accounts),
        *map(shown.call, examples.STATUS.calls),
    ):
        assert f"  {status}" in lines


def test_status_of_nothing() -> None:
    empty = model.Status(model.EngineStatus("0.1.0", 1, 5.0), (), ())
    lines = shown.status(empty).splitlines()
    assert lines[0] == "Offhook 0.1.0, up 00:05"
    assert "  none" in lines


def test_log() -> None:
    assert shown.log([]) == "no calls yet"
    assert shown.log([examples.ENTRY, examples.MISSED]).splitlines() == [
        "   2  2026-01-01T00:00:00Z  →  [server]  Bob  work  01:00  the lock was open for a time",
        "   1  2026-01-01T00:00:00Z  ←            "
        '<sip:100@example.com> calls itself "LOCK", not checked  work  missed',
    ]


def test_every_field_of_a_row_is_a_column() -> None:
    columns = shown.csv_of([]).strip().split(",")
    assert columns[:3] == ["id", "started", "answered"]
    fields = {*model.LogEntry.__struct_fields__, *model.Party.__struct_fields__}
    assert fields - {*columns} == {"remote"}


def test_a_row_says_who_took_whose_place() -> None:
    why = "carol@pbx.test took the place of bob@pbx.test"
    taken = replace(examples.ENTRY, outcome=model.Outcome.TRANSFERRED, reason=why)
    assert why in shown.entry(taken)
    assert "OK" not in shown.entry(replace(examples.ENTRY, reason="OK"))


def test_csv_is_read_back() -> None:
    rows = list(csv.DictReader(io.StringIO(shown.csv_of([examples.ENTRY, examples.MISSED]))))
    assert [row["id"] for row in rows] == ["2", "1"]
    assert rows[0]["outcome"] == "answered"
    assert rows[0]["lock_was_open"] == "true"
    assert rows[1]["answered"] == rows[1]["code"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_csv_holds_no_formula_of_a_stranger(text: str) -> None:
    entry = replace(examples.ENTRY, remote=model.Party(text, text), reason=text)
    row = next(csv.DictReader(io.StringIO(shown.csv_of([entry]))))
    assert [row[field] for field in ("uri", "name", "reason")] == [f"'{text}"] * 3


@pytest.mark.parametrize("name", examples.EVENTS)
def test_every_event_is_one_line(name: str) -> None:
    at = "2026-01-01T00:00:00Z"
    line = shown.event(NumberedEvent(1, at, examples.EVENTS[name]))
    assert line.startswith(f"{at}  ")
    assert line != f"{at}  None"
    assert "\n" not in line
