from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screen.texts import texts
from tui.words import phrases
from voip.causes import Cause, CauseKind
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    Direction,
    HeldBy,
    LogEntry,
    NameFrom,
    Outcome,
    Party,
    PostDial,
    Registration,
    RegistrationState,
    rfc3339,
)
from voip.protection import Lock, LockSignalling, LockState, Transport

# POSIX format: needs no time zone database.
CENTRAL_EUROPE = "CET-1CEST,M3.5.0,M10.5.0/3"
NEW_YORK = "EST5EDT,M3.2.0,M11.1.0"
INDIA = "IST-5:30"
LINE_ISLANDS = "<+14>-14"

InZone = Callable[[str], None]


@pytest.fixture
def in_zone() -> Iterator[InZone]:
    with pytest.MonkeyPatch.context() as patch:

        def change(zone: str) -> None:
            patch.setenv("TZ", zone)
            time.tzset()

        yield change
    time.tzset()


def now(text: str) -> datetime:
    """Return a moment as the screen has it: local, with its offset alone."""
    return datetime.fromisoformat(text).astimezone()


# Names


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:bob@example.com", "bob@example.com"),
        ("sips:bob@example.com", "bob@example.com"),
        ("SIP:bob@example.com", "bob@example.com"),
        ("tel:+34600111222", "+34600111222"),
        ("sip:sips:bob@example.com", "sips:bob@example.com"),
        ("mailto:bob@example.com", "mailto:bob@example.com"),
        ("bob@example.com", "bob@example.com"),
        ("sip", "sip"),
        ("", ""),
    ],
)
def test_an_address_is_a_uri_without_its_scheme(uri: str, expected: str) -> None:
    assert phrases.address(uri) == expected


@pytest.mark.parametrize(
    ("party", "expected"),
    [
        (Party("sip:bob@example.com", "Bob", name_from=NameFrom.CONTACT), "Bob"),
        (Party("sip:bob@example.com", "Bob"), "“Bob” (bob@example.com)"),
        (Party("sip:+34600111222@x", "B", name_from=NameFrom.CLAIM), "“B” (+34 600 11 12 22)"),
        (Party("", "Echo line", name_from=NameFrom.PHONE), "Echo line"),
        (Party("sip:bob@example.com"), "bob@example.com"),
        (Party("sip:+34600111222@example.com"), "+34 600 11 12 22"),
        (Party("sip:100@example.com"), "100"),
        (Party("tel:+34600111222"), "+34 600 11 12 22"),
        (Party("sip:*9%23@example.com"), "*9#"),
        (Party("sip:+@example.com"), "+@example.com"),
        (Party("sip:example.com"), "example.com"),
        (Party(""), "unknown"),
        (Party("sip:"), "unknown"),
    ],
)
def test_a_person_is_a_name_a_number_or_an_address(party: Party, expected: str) -> None:
    assert phrases.who(party) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:100@example.com;transport=tls", "100@example.com"),
        ("sip:*9%23@example.com", "*9#@example.com"),
        ("sip:a%3Bb%40c@example.com", "a%3Bb%40c@example.com"),
    ],
)
def test_the_dial_line_names_whom_it_calls(uri: str, expected: str) -> None:
    assert phrases.called(uri) == expected


@given(uri=texts, name=texts)
def test_nobody_is_without_a_name(uri: str, name: str) -> None:
    assert phrases.who(Party(uri, name))


# Calls


def call(**fields: object) -> Call:
    values: dict[str, object] = {
        "id": "1",
        "account": "work",
        "direction": Direction.OUT,
        "remote": Party("sip:bob@example.com", "Bob", name_from=NameFrom.CONTACT),
        "state": CallState.ENDED,
        "lock": Lock(LockState.OPEN, "", LockSignalling(Transport.TLS)),
    }
    return Call(**{**values, **fields})  # type: ignore[arg-type]


def test_every_state_has_words() -> None:
    said = {state: phrases.state(call(state=state)) for state in CallState}
    assert len(set(said.values())) == len(CallState)
    assert said[CallState.REMOTE_HELD] == "held by them"
    assert phrases.state(call(state=CallState.HELD, held_by=HeldBy.US)) == "held by you"
    assert phrases.state(call(state=CallState.HELD, held_by=HeldBy.BOTH)) == "held by both"


OUT, IN = Direction.OUT, Direction.IN
BUSY, CANCELLED, DECLINED = Outcome.BUSY, Outcome.CANCELLED, Outcome.DECLINED
ENDED, FAILED, LOST = Outcome.ANSWERED, Outcome.FAILED, Outcome.LOST
MISSED, REFUSED = Outcome.MISSED, Outcome.REFUSED
ANSWERED = "2026-03-14T14:32:00Z"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"outcome": BUSY, "code": 486}, "Bob is busy"),
        ({"outcome": BUSY, "code": 600}, "Bob is busy"),
        ({"outcome": FAILED, "code": 404, "reason": "nobody"}, "there is nobody called Bob"),
        ({"outcome": FAILED, "code": 408, "reason": "no answer"}, "no answer"),
        ({"outcome": FAILED, "code": 480}, "Bob is not available"),
        ({"outcome": DECLINED, "code": 603}, "Bob declined"),
        ({"outcome": DECLINED, "code": 607}, "Bob declined"),
        ({"outcome": FAILED, "code": 503, "reason": "the certificate"}, "the certificate"),
        ({"outcome": CANCELLED, "code": 487, "reason": "cancelled"}, "cancelled"),
        # The cause of our own end outranks the far end's last status.
        ({"outcome": CANCELLED, "code": 480, "reason": "cancelled"}, "cancelled"),
        ({"outcome": REFUSED, "code": 480, "reason": "refused: no SRTP"}, "refused: no SRTP"),
        ({}, "ended"),
        (
            {
                "outcome": BUSY,
                "code": 486,
                "remote": Party("", "{who} %s {0}", name_from=NameFrom.CONTACT),
            },
            "{who} %s {0} is busy",
        ),
        ({"outcome": BUSY, "code": 486, "remote": Party("")}, "unknown is busy"),
        ({"direction": IN, "outcome": MISSED}, "missed"),
        (
            {
                "direction": IN,
                "outcome": Outcome.ELSEWHERE,
                "code": 487,
                "reason": "answered elsewhere",
            },
            "answered elsewhere",
        ),
        ({"direction": IN, "outcome": MISSED, "code": 487, "reason": "cancelled"}, "missed"),
        (
            {"direction": IN, "outcome": MISSED, "code": 180, "reason": "lost: it died"},
            "missed: lost: it died",
        ),
        (
            {"direction": IN, "outcome": DECLINED, "code": 486, "reason": "declined as busy"},
            "declined as busy",
        ),
        ({"direction": IN, "outcome": FAILED, "code": 488, "reason": "no voice"}, "no voice"),
        (
            {"direction": IN, "outcome": REFUSED, "code": 488, "reason": "refused: no SRTP"},
            "refused: no SRTP",
        ),
        ({"answered": ANSWERED, "outcome": ENDED, "duration_s": 252.9}, "ended after 04:12"),
        (
            {"answered": ANSWERED, "outcome": ENDED, "duration_s": 1, "reason": "so it is"},
            "ended after 00:01",
        ),
        (
            {"answered": ANSWERED, "outcome": LOST, "duration_s": 1, "reason": "lost: it died"},
            "ended after 00:01: lost: it died",
        ),
        (
            {"answered": ANSWERED, "outcome": LOST, "duration_s": 1, "reason": "gone"},
            "ended after 00:01: gone",
        ),
    ],
)
def test_an_ended_call_says_why(fields: dict[str, object], expected: str) -> None:
    status = Cause(CauseKind.SIP_STATUS, (486, "")) if "code" in fields else None
    assert phrases.ending(call(cause=status, **fields)) == expected


def test_a_cause_of_our_own_is_not_about_the_far_end() -> None:
    ended = call(outcome=FAILED, code=480, reason="nowhere", cause=Cause(CauseKind.USELESS_ANSWER))
    assert phrases.ending(ended) == "nowhere"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "00:00"),
        (0.999, "00:00"),
        (59.999, "00:59"),
        (60.0, "01:00"),
        (3599.9, "59:59"),
        (3600.0, "1:00:00"),
        (35999.0, "9:59:59"),
        (359_999.0, "99:59:59"),
        (360_000.0, "100:00:00"),
    ],
)
def test_a_duration_is_read_as_a_clock(seconds: float, expected: str) -> None:
    assert phrases.duration(seconds) == expected


@given(seconds=st.floats(0.0, 1e7))
def test_a_duration_is_cut_to_whole_seconds(seconds: float) -> None:
    read = 0
    for part in phrases.duration(seconds).split(":"):
        read = read * 60 + int(part)
    assert read == int(seconds)


@pytest.mark.parametrize(
    ("mos", "expected"),
    [
        (None, ""), (4.5, "good"), (4.0, "good"), (3.9, "fair"), (3.6, "fair"), (3.5, "poor"),
        (3.1, "poor"), (3.0, "bad"), (1.0, "bad"),
    ],
)  # fmt: skip
def test_quality_is_a_word(mos: float | None, expected: str) -> None:
    assert phrases.quality(mos) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("opus/48000/2", "opus"), ("PCMA/8000", "pcma"), ("G722", "g722"), ("", ""), (None, "")],
)
def test_a_codec_is_its_name(name: str | None, expected: str) -> None:
    assert phrases.codec(name) == expected


def test_things_are_counted() -> None:
    assert [phrases.count(n, "call") for n in (0, 1, 2)] == ["0 calls", "1 call", "2 calls"]


# Accounts


def account(state: RegistrationState, **fields: object) -> AccountStatus:
    reason = str(fields.pop("reason", ""))
    enabled, problem = bool(fields.pop("enabled", True)), fields.pop("problem", None)
    assert not fields
    return AccountStatus(
        name="work",
        aor="sip:alice@example.com",
        transport=Transport.TLS,
        enabled=enabled,
        registration=Registration(state, reason=reason),
        problem=None if problem is None else str(problem),
    )


def test_every_registration_has_words() -> None:
    said = {state: phrases.registration(account(state)) for state in RegistrationState}
    assert all(said.values())
    assert len(set(said.values())) == len(RegistrationState)


def test_a_failed_registration_says_its_cause() -> None:
    failed = RegistrationState.FAILED
    assert phrases.registration(account(failed, reason="the password is wrong")) == (
        "the password is wrong"
    )
    assert phrases.registration(account(failed)) == "failed"
    assert phrases.registration(account(failed, problem="no user")) == "no user"
    assert phrases.registration(account(failed, problem="no user", enabled=False)) == "disabled"


# The log


def entry(outcome: Outcome, code: int | None = None, duration_s: float = 0.0) -> LogEntry:
    return LogEntry(
        id="1",
        account="work",
        direction=Direction.OUT,
        remote=Party("sip:bob@example.com"),
        outcome=outcome,
        started=ANSWERED,
        code=code,
        duration_s=duration_s,
    )


def test_every_outcome_has_words_that_fit_their_column() -> None:
    said = {outcome: phrases.outcome(entry(outcome, 699)) for outcome in Outcome}
    assert len(set(said.values())) == len(Outcome)
    assert max(map(len, said.values())) <= 13
    assert said[Outcome.FAILED] == "failed (699)"
    assert said[Outcome.ANSWERED] == "00:00"
    assert phrases.outcome(entry(Outcome.FAILED)) == "failed"
    assert phrases.outcome(entry(Outcome.BUSY, 486)) == "busy"
    assert phrases.outcome(entry(Outcome.ANSWERED, 200, 725.0)) == "12:05"


@pytest.mark.parametrize(
    ("started", "at", "expected"),
    [
        ("2026-03-14T14:32:00Z", "2026-03-14T15:00:00+00:00", "14:32"),
        ("2026-03-14T00:00:00Z", "2026-03-14T23:59:59+00:00", "00:00"),
        ("2026-03-13T23:59:59Z", "2026-03-14T00:00:00+00:00", "13 Mar"),
        ("2025-12-30T12:00:00Z", "2026-01-02T12:00:00+00:00", "30 Dec"),
        ("2025-05-19T12:00:00Z", "2026-03-14T12:00:00+00:00", "19 May"),
        ("2025-05-18T12:00:00Z", "2026-03-14T12:00:00+00:00", "May'25"),
        ("2025-03-14T12:00:00Z", "2026-03-14T12:00:00+00:00", "Mar'25"),
        # A clock that was set back.
        ("2026-03-15T12:00:00Z", "2026-03-14T12:00:00+00:00", "15 Mar"),
    ],
)
def test_a_moment_is_an_hour_a_day_or_a_month(
    in_zone: InZone, started: str, at: str, expected: str
) -> None:
    in_zone("UTC0")
    assert phrases.when(started, now(at)) == expected


@pytest.mark.parametrize(
    ("zone", "started", "at", "expected"),
    [
        (INDIA, "2026-03-14T18:29:00Z", "2026-03-14T18:31:00+00:00", "14 Mar"),
        (INDIA, "2026-03-14T18:31:00Z", "2026-03-14T18:32:00+00:00", "00:01"),
        (LINE_ISLANDS, "2026-03-14T09:59:00Z", "2026-03-14T10:00:00+00:00", "14 Mar"),
        (NEW_YORK, "2026-03-14T03:30:00Z", "2026-03-14T14:00:00+00:00", "13 Mar"),
        # 29 March 2026: Central Europe skips from 02:00 to 03:00. The call was before.
        (CENTRAL_EUROPE, "2026-03-29T00:30:00Z", "2026-03-29T10:00:00+00:00", "01:30"),
        (CENTRAL_EUROPE, "2026-03-29T01:30:00Z", "2026-03-29T10:00:00+00:00", "03:30"),
        # 25 October 2026: the hour from 02:00 to 03:00 comes twice.
        (CENTRAL_EUROPE, "2026-10-25T00:30:00Z", "2026-10-25T10:00:00+00:00", "02:30"),
        (CENTRAL_EUROPE, "2026-10-25T01:30:00Z", "2026-10-25T10:00:00+00:00", "02:30"),
        # Late on a winter's evening, shown in summer.
        (CENTRAL_EUROPE, "2026-01-10T22:30:00Z", "2026-07-01T10:00:00+00:00", "10 Jan"),
        (NEW_YORK, "2026-11-02T04:30:00Z", "2026-10-01T12:00:00+00:00", "01 Nov"),
    ],
)
def test_a_moment_is_told_by_the_clock_on_the_wall_of_that_day(
    in_zone: InZone, zone: str, started: str, at: str, expected: str
) -> None:
    in_zone(zone)
    assert phrases.when(started, now(at)) == expected


@given(
    started=st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1)),
    later=st.timedeltas(timedelta(), timedelta(days=4000)),
)
def test_a_moment_fits_its_column(started: datetime, later: timedelta) -> None:
    moment = started.replace(tzinfo=UTC)
    said = phrases.when(rfc3339(moment.timestamp()), (moment + later).astimezone())
    assert 5 <= len(said) <= 6


@pytest.mark.parametrize(
    ("uri", "country", "expected"),
    [
        ("sip:600111222@example.com", "ES", "600 11 12 22"),
        ("sip:600111222@example.com", "", "600111222"),
        ("sip:02079460018@example.com", "GB", "020 7946 0018"),
        ("sip:112@example.com", "ES", "112"),
        ("sip:*31%23600111222@example.com", "ES", "*31#600111222"),
        ("sip:+34600111222;x@example.com", "ES", "+34600111222;x@example.com"),
    ],
)
def test_numbers_are_in_the_groups_of_the_account_s_country(
    uri: str, country: str, expected: str
) -> None:
    assert phrases.who(Party(uri), country) == expected
    assert phrases.number_or_address(uri, country) == expected


@pytest.mark.parametrize(
    ("tones", "expected"),
    [
        (None, ""),
        (PostDial(0, 3), ""),
        (PostDial(0, 3, begun=True), "sending tones, 0 of 3 sent"),
        (PostDial(2, 3, begun=True, waits=True), "1 tone waits for you"),
        (PostDial(1, 3, begun=True, waits=True), "2 tones wait for you"),
    ],
)
def test_progress_of_a_dial_string(tones: PostDial | None, expected: str) -> None:
    assert phrases.post_dial(tones) == expected
