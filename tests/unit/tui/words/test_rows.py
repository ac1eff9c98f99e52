"""Rows of the main screen, with their longest and worst contents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.screen.situations import SECURE
from tests.support.screen.texts import texts
from tui.state import Link, ShownCall, State
from tui.terminal.glyphs import ASCII, EMOJI, UNICODE, Glyphs
from tui.terminal.text import Line, Part, Role, fit
from tui.words import people, rows
from tui.words import phrases as words
from voip.causes import Cause, CauseKind
from voip.choices import AutoAnswer, Forwarding
from voip.lamps import Lamp, LampState
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    Direction,
    EngineStatus,
    LogEntry,
    NameFrom,
    Outcome,
    Party,
    Publication,
    Registration,
    RegistrationState,
    Voicemail,
)
from voip.protection import Lock, LockSignalling, LockState, Sign, Transport
from voip.protocol.people import Suggestion
from voip.protocol.settings import Calls, Settings
from voip.quality import Quality
from voip.security import policy

SETS = [UNICODE, EMOJI, ASCII]
WIDTH = 80
NOW = datetime(2026, 3, 14, 14, 32, tzinfo=UTC)
LONG = "W" * 256
CLOSED = Lock(
    LockState.CLOSED, "encrypted to pbx", LockSignalling(Transport.TLS),
    sign=Sign.SERVER, short="encrypted to the server",
)  # fmt: skip
OPEN = Lock(
    LockState.OPEN, "its keys crossed in the clear", LockSignalling(Transport.UDP),
    sign=Sign.UNSAFE, short="NOT safe: UDP showed the keys",
)  # fmt: skip

glyph_sets = st.sampled_from(SETS)
widths = st.integers(20, 200)


def text(drawn: Line, width: int = 80, ellipsis: str = "…") -> str:
    return "".join(part.text for part in fit(drawn, width, ellipsis))


def width_of(drawn: Line, width: int, glyphs: Glyphs) -> int:
    return sum(cell_len(part.text) for part in fit(drawn, width, glyphs.ellipsis))


def part_of(drawn: Line, word: str) -> Part:
    """Return the part that contains a text."""
    return next(part for part in (*drawn.left, *drawn.right) if word in part.text)


def all_text(lines: Iterable[Line], width: int = 80) -> str:
    return "\n".join(text(drawn, width) for drawn in lines)


BOB = Party("sip:bob@example.com", "Bob", name_from=NameFrom.CONTACT)


def call(**fields: object) -> ShownCall:
    values: dict[str, object] = {
        "id": "1",
        "account": "work",
        "direction": Direction.IN,
        "remote": BOB,
        "state": CallState.ACTIVE,
        "lock": CLOSED,
        "codec": "opus/48000/2",
    }
    heard = str(fields.pop("heard", ""))
    return ShownCall(call=Call(**{**values, **fields}), seen=0.0, heard=heard)  # type: ignore[arg-type]


def shown(subject: ShownCall, glyphs: Glyphs = UNICODE, meters: bool = False) -> Sequence[Line]:
    return rows.call(subject, glyphs, 0.0, meters, False, WIDTH, "l")


def account(**fields: object) -> AccountStatus:
    values: dict[str, object] = {
        "name": "work",
        "aor": "sip:alice@pbx.example.com",
        "transport": Transport.TLS,
        "enabled": True,
        "registration": Registration(RegistrationState.REGISTERED),
    }
    return AccountStatus(**{**values, **fields})  # type: ignore[arg-type]


def entry(**fields: object) -> LogEntry:
    values: dict[str, object] = {
        "id": "1",
        "account": "work",
        "direction": Direction.IN,
        "remote": BOB,
        "outcome": Outcome.ANSWERED,
        "started": "2026-03-14T09:05:00Z",
        "duration_s": 65.0,
    }
    return LogEntry(**{**values, **fields})  # type: ignore[arg-type]


# The header

UP = State(link=Link.UP, engine=EngineStatus("0.1.0", 1, 1.0))


def head(state: State) -> str:
    return " ".join(text(rows.header(state, UNICODE, NOW)).split())


def test_the_header_counts_what_matters() -> None:
    failed = Registration(RegistrationState.FAILED)
    state = msgspec.structs.replace(
        UP,
        accounts=(account(), account(name="home", registration=failed)),
        calls=(call(), call(id="2")),
    )
    assert head(UP) == "offhook 14:32"
    assert head(state) == "offhook ● 1 registered ✗ 1 failed 2 calls 14:32"


def test_an_account_that_cannot_be_used_counts_as_failed_unless_it_is_disabled() -> None:
    offline = Registration(RegistrationState.OFFLINE)
    bad = account(problem="no user", registration=offline)
    state = msgspec.structs.replace(UP, accounts=(bad,))
    assert head(state) == "offhook ✗ 1 failed 14:32"
    off = msgspec.structs.replace(bad, enabled=False)
    assert head(msgspec.structs.replace(UP, accounts=(off,))) == "offhook 14:32"


@pytest.mark.parametrize(
    ("link", "said"),
    [(Link.CONNECTING, "connecting"), (Link.LOST, "no engine"), (Link.STOPPED, "no engine")],
)
def test_without_an_engine_the_header_makes_no_claims(link: Link, said: str) -> None:
    state = msgspec.structs.replace(UP, link=link, accounts=(account(),))
    assert head(state) == f"offhook {said} 14:32"


# Accounts


@pytest.mark.parametrize("glyphs", SETS, ids=lambda glyphs: glyphs.name)
def test_an_account_says_how_it_stands_by_sign_and_word(glyphs: Glyphs) -> None:
    first, second, third = rows.account(account(voicemail=Voicemail(new=2, old=8)), glyphs, "P")
    assert text(first, 27).startswith(f"{glyphs.registered} work")
    assert "TLS" in text(first, 27)
    assert text(second, 27).strip() == "alice@pbx.example.com"
    assert "registered" in text(third, 40)
    assert "2 messages" in text(third, 40)
    _, _, third = rows.account(account(voicemail=Voicemail(12, 8, 1)), glyphs, "P")
    assert text(third, 28).strip() == f"registered {glyphs.mail} 12, 1 urgent"


@pytest.mark.parametrize(
    ("publication", "said"),
    [
        (Publication(LampState.BUSY), "registered, shown busy"),
        (Publication(LampState.DND), "registered, shown do not disturb"),
        (Publication(), "registered, not shown"),
        (None, "registered"),
    ],
)
def test_an_account_says_what_others_see(publication: Publication | None, said: str) -> None:
    _, _, third = rows.account(account(publication=publication), UNICODE, "P")
    assert text(third, 40).strip() == said


@pytest.mark.parametrize(
    ("fields", "sign", "role", "said"),
    [
        ({}, UNICODE.registered, "success", "registered"),
        (
            {"registration": Registration(RegistrationState.FAILED, 403, "it is not allowed")},
            UNICODE.failed, "error", "it is not allowed",
        ),
        (
            {"problem": "no user", "registration": Registration(RegistrationState.OFFLINE)},
            UNICODE.failed, "error", "no user",
        ),
        ({"problem": "no user", "enabled": False}, UNICODE.offline, "muted", "disabled"),
        (
            {"registration": Registration(RegistrationState.REGISTERING)},
            UNICODE.registering, "muted", "registering",
        ),
        (
            {"registration": Registration(RegistrationState.UNREGISTERED)},
            UNICODE.offline, "warning", "not registered",
        ),
    ],
)  # fmt: skip
def test_sign_role_and_words_of_an_account_agree(
    fields: dict[str, object], sign: str, role: str, said: str
) -> None:
    subject = account(**fields)
    first, _, third = rows.account(subject, UNICODE, "P")
    assert first.left[0] == Part(f"{sign} ", role)  # type: ignore[arg-type]
    assert rows.account_mark(subject, UNICODE) == sign
    assert text(third).strip() == said
    assert (part_of(third, said).role == "error") == (role == "error")


@pytest.mark.parametrize(
    ("kind", "fields", "hinted"),
    [
        (CauseKind.CERTIFICATE_EXPIRED, {}, True),
        (CauseKind.STOPPED_FOR_KEY, {}, True),
        (CauseKind.SIP_STATUS, {}, False),
        (CauseKind.KEYRING, {}, False),
        # The server was distrusted earlier, but the account fails for another cause.
        (CauseKind.KEYRING, {"distrusted": True}, False),
        (CauseKind.NO_COMMON_CIPHER, {}, False),
        (CauseKind.CLIENT_CERTIFICATE_REFUSED, {}, False),
        (None, {}, False),
        (CauseKind.CERTIFICATE_EXPIRED, {"enabled": False}, False),
    ],
)
def test_an_account_that_refused_its_server_says_which_key_shows_why(
    kind: CauseKind | None, fields: dict[str, object], hinted: bool
) -> None:
    cause = None if kind is None else Cause(kind)
    failed = Registration(RegistrationState.FAILED, 503, "a certificate or a key", cause=cause)
    _, second, third = rows.account(account(registration=failed, **fields), UNICODE, "P")
    word = "! server NOT trusted" if hinted else "alice@pbx.example.com"
    assert text(second, 25).strip() == word
    assert (text(third, 25).strip() == "P shows its certificate") == hinted


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Forwarding(always="100", busy="200"), "all calls go to 100"),
        (Forwarding(busy="200"), "calls go on, busy: 200"),
        (Forwarding(unanswered="300"), "calls go on, after 20 s: 300"),
        (Forwarding(None, "200", "300", 5), "calls go on, busy: 200, after 5 s: 300"),
    ],
)
def test_an_account_that_sends_calls_on_says_where(rule: Forwarding, words: str) -> None:
    subject = account(forwarding=rule)
    shown = rows.account(subject, UNICODE, "P")
    assert part_of(shown[1], words).role == "warning"
    assert words.split(",")[0] not in text(rows.account(account(), UNICODE, "P")[1])
    header = rows.header(State(link=Link.UP, accounts=(subject,)), UNICODE, NOW)
    assert part_of(header, "forwarding").role == "warning"


def test_an_account_that_answers_by_itself_says_so() -> None:
    subject = account(auto_answer=AutoAnswer.ASKED)
    words = "answers some callers by itself"
    assert part_of(rows.account(subject, UNICODE, "P")[1], words).role == "warning"
    header = rows.header(State(link=Link.UP, accounts=(subject,)), UNICODE, NOW)
    assert part_of(header, "auto-answer").role == "warning"


def test_do_not_disturb_stands_in_the_first_line() -> None:
    on = Settings(calls=Calls(do_not_disturb=True))
    assert "do not disturb" in text(rows.header(State(link=Link.UP, settings=on), UNICODE, NOW))
    assert "do not disturb" not in text(rows.header(State(link=Link.UP), UNICODE, NOW))


def test_a_warning_is_told_in_words_and_with_a_sign() -> None:
    subject = account(warning="the server's certificate ends in 9 days")
    _, second, third = rows.account(subject, UNICODE, "P")
    assert text(second).strip() == "! the server's certificate ends in 9 days"
    assert text(third).strip() == "registered"
    _, second, _ = rows.account(msgspec.structs.replace(subject, enabled=False), UNICODE, "P")
    assert text(second).strip() == "alice@pbx.example.com"


@pytest.mark.parametrize(
    ("sign", "drawn", "role"),
    [
        (Sign.SERVER, "[server]", "secure"),
        (Sign.WAIT, "[ wait ]", "warning"),
        (Sign.UNSAFE, "[UNSAFE]", "insecure"),
        (None, " " * 8, "text"),
    ],
)
def test_the_sign_of_an_account_ends_its_first_line(
    sign: Sign | None, drawn: str, role: Role
) -> None:
    first, *_ = rows.account(account(sign=sign), UNICODE, "P")
    assert first.right[-1] == Part(drawn, role)


@given(
    name=texts, aor=texts, problem=st.none() | texts, reason=texts, warning=st.none() | texts,
    voicemail=st.none() | st.builds(Voicemail, new=st.integers(0, 10**6)),
    glyphs=glyph_sets, width=widths,
)  # fmt: skip
def test_an_account_is_three_lines_whatever_it_is_called(
    name: str, aor: str, problem: str | None, reason: str, warning: str | None,
    voicemail: Voicemail | None, glyphs: Glyphs, width: int,
) -> None:  # fmt: skip
    subject = account(
        name=name, aor=aor, problem=problem, voicemail=voicemail, warning=warning,
        registration=Registration(RegistrationState.FAILED, reason=reason),
    )  # fmt: skip
    drawn = rows.account(subject, glyphs, "P")
    assert len(drawn) == 3
    for one in drawn:
        assert width_of(one, width, glyphs) == width


# Calls


def test_a_call_says_who_and_what_the_lock_means_and_how_it_sounds() -> None:
    subject = call(duration_s=252.0, quality=Quality(mos=4.2))
    first, second, third = shown(subject)
    assert text(first).rstrip() == " Bob  bob@example.com".ljust(67) + "active 04:12"
    assert text(second).strip() == "[server] encrypted to pbx"
    assert part_of(second, "encrypted").role == "secure"
    assert text(third).split() == ["work", "·", "opus", "·", "good"]
    insecure = shown(call(lock=OPEN))
    assert text(insecure[1]).strip() == "[UNSAFE] NOT safe: UDP showed the keys"
    assert part_of(insecure[1], "NOT").role == "insecure"


@pytest.mark.parametrize(
    ("quality", "words"),
    [
        (Quality(mos=4.2, unplayable=50), "voice arrives in a codec that this phone cannot play"),
        (Quality(mos=4.2, silent_s=21.0), "nothing comes from the far end any more"),
    ],
)
def test_a_far_end_that_is_not_heard_is_said_in_place_of_how_it_sounds(
    quality: Quality, words: str
) -> None:
    _, _, third = shown(call(quality=quality))
    assert words in text(third)
    assert part_of(third, words).role == "error"
    assert "good" not in text(third)


@pytest.mark.parametrize(
    ("underruns", "words"), [(1, "1 gap in your speaker"), (1204, "1,204 gaps in your speaker")]
)
def test_a_speaker_that_ran_out_of_sound_is_told_beside_the_quality(
    underruns: int, words: str
) -> None:
    _, _, third = shown(call(quality=Quality(mos=4.2, underruns=underruns)))
    assert text(third).rstrip().endswith(f"· {words}")
    assert "good" in text(third)
    assert part_of(third, words).role == "warning"


def test_a_call_before_its_answer_has_no_time_and_no_sound() -> None:
    first, _, third = shown(call(state=CallState.RINGING, duration_s=0.0), meters=True)
    assert text(first).rstrip().endswith("ringing")
    assert text(third).strip() == "account: work"


def test_meters_move_in_an_active_call_alone() -> None:
    assert " in " in all_text(shown(call(), meters=True))
    assert " in " not in all_text(shown(call(), meters=False))
    assert " in " not in all_text(shown(call(state=CallState.HELD), meters=True))


def test_a_name_of_any_length_leaves_room_for_the_address() -> None:
    remote = Party("sip:mallory@evil.example", LONG[:80])
    for width in (60, 80, 120):
        incoming, *_ = rows.incoming(call(remote=remote), UNICODE, "a answer", width)
        assert "mallory@evil.example" in text(incoming, width), width
        assert text(incoming, width).rstrip().endswith("account: work")
    assert "mallory@evil.example" in text(shown(call(remote=remote))[0])


@pytest.mark.parametrize("width", [60, 80, 120])
def test_who_forwarded_a_call_is_beside_the_caller(width: int) -> None:
    by = Party("sip:200@pbx.test", "Reception", name_from=NameFrom.SERVER)
    first, *_ = rows.incoming(call(forwarded_by=by), UNICODE, "a answer", width)
    said = text(first, width)
    assert "Bob" in said and "forwarded by “Rec" in said
    assert said.rstrip().endswith("account: work")
    first, *_ = rows.incoming(
        call(forwarded_by=Party("", LONG[:80]), remote=Party("sip:mallory@evil.example")),
        UNICODE, "a answer", width,
    )  # fmt: skip
    assert "mallory@evil.example" in text(first, width)


def test_who_is_at_the_other_end_now_is_named() -> None:
    carol = Party("sip:carol@pbx.test", "Carol", name_from=NameFrom.SERVER)
    assert "now “Carol” (carol@pbx.test)" in text(shown(call(connected=carol))[2])


def test_who_was_replaced_is_named() -> None:
    bob = Party("sip:bob@pbx.test", "Bob", name_from=NameFrom.CONTACT)
    assert "in place of Bob" in text(shown(call(in_place_of=bob))[2])


def test_an_address_is_not_said_twice() -> None:
    first, *_ = shown(call(remote=Party("sip:bob@example.com")))
    assert text(first).count("bob@example.com") == 1


def test_somebody_without_name_and_address_is_unknown() -> None:
    nobody = Party("")
    assert "unknown" in text(shown(call(remote=nobody))[0])
    assert "unknown" in text(rows.incoming(call(remote=nobody), UNICODE, "", 80)[0])
    assert "unknown" in text(rows.entry(entry(remote=nobody), UNICODE, NOW, 80))


@pytest.mark.parametrize(("width", "whole"), [(60, False), (80, True), (120, True)])
def test_the_keys_for_an_incoming_call_are_whole_or_left_to_the_footer(
    width: int, whole: bool
) -> None:
    keys = "a answer   x decline   b busy"
    shown = call(
        lock=policy.lock(msgspec.structs.replace(SECURE, state=CallState.INCOMING, streams=()))
    )
    _, second = rows.incoming(shown, UNICODE, keys, width)
    assert (keys in text(second, width)) == whole
    assert "will be encrypted, or the call ends" in text(second, width)


@pytest.mark.parametrize("glyphs", SETS, ids=lambda glyphs: glyphs.name)
@pytest.mark.parametrize("width", [46, 50, 58, 90])
def test_nothing_the_far_end_does_hides_that_one_is_muted_or_recorded(
    glyphs: Glyphs, width: int
) -> None:
    somebody = Party("sip:eve@evil.example", LONG[:80], name_from=NameFrom.SERVER)
    subject = call(
        muted=True, recording=True, heard="0123456789" * 3, account=LONG, connected=somebody
    )
    third = text(shown(subject, glyphs, meters=True)[2], width, glyphs.ellipsis)
    assert f"{glyphs.muted} muted" in third
    assert f"{glyphs.recording} you are recording" in third


def test_the_last_keys_that_they_pressed_are_shown() -> None:
    third = shown(call(heard="0123456789"))[2]
    assert text(third).split("work")[0] == "   they pressed 23456789  "


def test_a_file_that_is_played_has_a_sign() -> None:
    assert "♪ playing a file" in text(shown(call(playing=True))[2])
    refused = call(state=CallState.HELD, hold_agreed=False)
    assert "they did not agree to it" in text(shown(refused)[2])


def test_an_ended_call_says_why_in_its_second_line() -> None:
    ended = call(
        state=CallState.ENDED, direction=Direction.OUT, code=486, outcome=Outcome.BUSY,
        cause=Cause(CauseKind.SIP_STATUS, (486, "Busy Here")),
    )  # fmt: skip
    first, second = shown(ended)
    assert text(first).rstrip().endswith("ended")
    assert text(second).strip() == "Bob is busy"


def test_the_cause_of_an_ended_call_goes_on_in_a_third_line() -> None:
    why = (
        "refused: the server’s certificate is for other names (pbx.example.net, "
        "sip.example.net) than pbx.example.com, which was dialled"
    )
    drawn = shown(call(state=CallState.ENDED, direction=Direction.OUT, code=503, reason=why))
    assert [text(one).rstrip() for one in drawn[1:]] == [
        "   refused: the server’s certificate is for other names (pbx.example.net,",
        "   sip.example.net) than pbx.example.com, which was dialled",
    ]


@given(why=texts, width=widths)
def test_nothing_of_a_cause_is_lost_between_its_lines(why: str, width: int) -> None:
    ended = call(state=CallState.ENDED, direction=Direction.OUT, code=503, reason=why)
    _, *lines = rows.call(ended, UNICODE, 0.0, False, False, width, "l")
    said = "".join(part.text for one in lines for part in one.left)
    assert said.replace(" ", "") == (why.strip() or "ended").replace(" ", "")


def test_the_call_under_the_cursor_is_marked() -> None:
    (first, *_) = rows.call(call(), UNICODE, 0.0, False, True, WIDTH, "l")
    assert text(first).startswith(f"{UNICODE.cursor}Bob")


@given(
    name=texts, uri=texts, account=texts, why=texts, reason=texts, codec=st.none() | texts,
    state=st.sampled_from(CallState), direction=st.sampled_from(Direction),
    code=st.none() | st.integers(100, 699), answered=st.none() | st.just("2026-03-14T14:32:00Z"),
    seconds=st.floats(0.0, 1e6), mos=st.none() | st.floats(1.0, 4.5), heard=texts,
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()), glyphs=glyph_sets, width=widths,
)  # fmt: skip
def test_a_call_keeps_to_its_lines_whatever_the_far_end_says(
    name: str, uri: str, account: str, why: str, reason: str, codec: str | None,
    state: CallState, direction: Direction, code: int | None, answered: str | None,
    seconds: float, mos: float | None, heard: str, flags: tuple[bool, bool, bool],
    glyphs: Glyphs, width: int,
) -> None:  # fmt: skip
    muted, recording, playing = flags
    lock = Lock(LockState.OPEN, why, LockSignalling(Transport.TLS, verified=True, server=reason))
    subject = call(
        remote=Party(uri, name), account=account, lock=lock, reason=reason, codec=codec,
        state=state, direction=direction, code=code, answered=answered, duration_s=seconds,
        quality=Quality(mos=mos), muted=muted, recording=recording, playing=playing, heard=heard,
    )  # fmt: skip
    for drawn in (
        rows.call(subject, glyphs, 1.0, True, True, width, "l"),
        rows.incoming(subject, glyphs, "a answer", width),
    ):
        assert 2 <= len(drawn) <= 3
        for one in drawn:
            assert width_of(one, width, glyphs) == width


# The log


def test_a_row_of_the_log_has_its_columns() -> None:
    assert text(rows.entry(entry(sign=Sign.UNSAFE), UNICODE, NOW, 70), 70) == (
        "←  09:05  Bob".ljust(36) + " work              01:05 [UNSAFE] "
    )
    narrow = text(rows.entry(entry(sign=Sign.UNSAFE), UNICODE, NOW, 60), 60)
    assert "work" not in narrow
    assert narrow.endswith("01:05 [UNSAFE] ")


def test_the_log_says_who_took_whose_place() -> None:
    why = "carol@pbx.test took the place of bob@pbx.test"
    taken = rows.entry(entry(outcome=Outcome.TRANSFERRED, reason=why), UNICODE, NOW, 130)
    assert why in text(taken, 130)
    # The reason of a call that ended well is the far end's, such as “OK”.
    answered = rows.entry(entry(outcome=Outcome.ANSWERED, reason="OK"), UNICODE, NOW, 130)
    assert "OK" not in text(answered, 130)


@pytest.mark.parametrize("glyphs", SETS, ids=lambda glyphs: glyphs.name)
def test_the_columns_of_the_log_stand_under_each_other(glyphs: Glyphs) -> None:
    subject = [
        entry(account=LONG, outcome=Outcome.REFUSED, code=488),
        entry(account="好" * 20, outcome=Outcome.FAILED, code=503),
        entry(account="", outcome=Outcome.ONGOING),
        entry(duration_s=400_000.0, started="2024-03-14T09:05:00Z"),
        entry(direction=Direction.OUT, lock=LockState.CLOSED, sign=Sign.SERVER),
    ]
    drawn = [rows.entry(one, glyphs, NOW, 80) for one in subject]
    for one in drawn:
        assert [cell_len(part.text) for part in one.right] == [10, 13, 1, 8, 1]
        assert one.right[0].text.endswith(" ")
        assert cell_len("".join(part.text for part in one.left[:-1])) == cell_len(
            "".join(part.text for part in drawn[0].left[:-1])
        )


def test_the_log_shows_the_sign_as_it_was_and_none_without_a_voice() -> None:
    drawn = text(rows.entry(entry(sign=Sign.SERVER), UNICODE, NOW, 80))
    assert drawn.endswith(" 01:05 [server] ")
    assert "[" not in text(rows.entry(entry(outcome=Outcome.MISSED), UNICODE, NOW, 80))


def test_a_call_whose_lock_was_open_for_a_time_says_so_beside_a_closed_lock() -> None:
    subject = entry(sign=Sign.SERVER, lock_was_open=True)
    for width in (58, 60, 120):
        assert "was open" in text(rows.entry(subject, UNICODE, NOW, width), width)
    for sign, was_open in ((Sign.SERVER, False), (Sign.UNSAFE, True), (None, True)):
        other = entry(sign=sign, lock_was_open=was_open)
        assert "was open" not in text(rows.entry(other, UNICODE, NOW, 80), 80)


IMITATOR = Party("sip:mallory@evil.example", "LOCK +1 555 0100 is encrypted to pbx", True)


@pytest.mark.parametrize("glyphs", SETS, ids=lambda glyphs: glyphs.name)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_name_that_imitates_is_quoted_behind_its_address_wherever_it_is_shown(
    glyphs: Glyphs, width: int
) -> None:
    drawn = (
        rows.incoming(call(remote=IMITATOR), glyphs, "a answer", width)[0],
        shown(call(remote=IMITATOR), glyphs)[0],
        shown(call(remote=IMITATOR, state=CallState.ENDED), glyphs)[0],
        rows.entry(entry(remote=IMITATOR), glyphs, NOW, width),
    )
    for one in drawn:
        said = text(one, width, glyphs.ellipsis)
        assert said.index("mallory@") < (said.find("“LOCK") % len(said))
        assert words.quoted(IMITATOR.name) not in said or "mallory@evil.example" in said


@given(name=texts, imitates=st.booleans(), width=st.integers(60, 120), glyphs=glyph_sets)
def test_a_claimed_name_is_cut_before_its_address_is(
    name: str, imitates: bool, width: int, glyphs: Glyphs
) -> None:
    address = "mallory@evil.test"
    remote = Party(f"sip:{address}", name, imitates, NameFrom.CLAIM)
    subject = call(remote=remote)
    drawn = (
        rows.incoming(subject, glyphs, "", width)[0],
        rows.call(subject, glyphs, 0.0, False, False, width, "l")[0],
        rows.entry(entry(remote=remote), glyphs, NOW, width),
    )
    for one in drawn:
        said = text(one, width, glyphs.ellipsis)
        assert address in said
        # A name that is cut still has its closing quote.
        assert said.count("“") == said.count("”")


def test_the_cause_is_said_where_there_is_room() -> None:
    said = "name chosen by the caller, not checked"
    remote = Party("sip:mallory@evil.test", "LOCK", True, NameFrom.CLAIM)
    assert said in text(rows.incoming(call(remote=remote), UNICODE, "", 120)[0], 120)
    assert said not in text(rows.incoming(call(remote=remote), UNICODE, "", 60)[0], 60)
    contact = msgspec.structs.replace(remote, imitates=False, name_from=NameFrom.CONTACT)
    assert "“" not in text(rows.incoming(call(remote=contact), UNICODE, "", 120)[0], 120)


@pytest.mark.parametrize("glyphs", SETS, ids=lambda glyphs: glyphs.name)
def test_no_name_moves_the_lock_or_the_state_out_of_their_columns(glyphs: Glyphs) -> None:
    for remote in (IMITATOR, Party("sip:m@evil.example", LONG[:80]), Party("", "好" * 80, True)):
        first = text(shown(call(remote=remote), glyphs)[0], 60, glyphs.ellipsis)
        assert first.endswith("active 00:00 ")
        subject = entry(remote=remote, sign=Sign.UNSAFE)
        row = text(rows.entry(subject, glyphs, NOW, 58), 58, glyphs.ellipsis)
        assert row.endswith(f" 01:05 {glyphs.sign(Sign.UNSAFE)} ")


def test_a_missed_call_stands_out() -> None:
    missed = rows.entry(entry(outcome=Outcome.MISSED), UNICODE, NOW, 80)
    assert part_of(missed, "Bob").role == "strong"
    assert part_of(missed, "missed").role == "warning"
    elsewhere = rows.entry(entry(outcome=Outcome.ELSEWHERE), UNICODE, NOW, 80)
    assert part_of(elsewhere, "Bob").role == "text"
    assert part_of(elsewhere, "elsewhere").role == "text"
    assert part_of(rows.entry(entry(), UNICODE, NOW, 80), "Bob").role == "text"


@given(
    name=texts, uri=texts, account=texts, outcome=st.sampled_from(Outcome),
    code=st.none() | st.integers(100, 699), glyphs=glyph_sets, width=widths,
)  # fmt: skip
def test_a_row_of_the_log_is_one_line_whoever_called(
    name: str, uri: str, account: str, outcome: Outcome, code: int | None, glyphs: Glyphs,
    width: int,
) -> None:  # fmt: skip
    subject = entry(remote=Party(uri, name), account=account, outcome=outcome, code=code)
    drawn = rows.entry(subject, glyphs, NOW, width)
    assert width_of(drawn, width, glyphs) == width


# Suggestions


def test_a_suggestion_says_whom_where_and_from_where() -> None:
    def row(offer: Suggestion) -> str:
        return text(people.suggestion(offer, None, UNICODE), 50)

    subject = Suggestion("Bob", "sip:bob@example.com", "contact", NameFrom.CONTACT)
    assert row(subject) == " Bob  bob@example.com".ljust(42) + "contact "
    claimed = Suggestion("Bob", "sip:bob@example.com", "log", NameFrom.CLAIM)
    assert row(claimed) == " “Bob”  bob@example.com".ljust(46) + "log "
    unnamed = Suggestion(name="", target="sip:bob@example.com", source="log")
    assert row(unnamed).split() == ["bob@example.com", "log"]
    same = Suggestion("bob@example.com", "sip:bob@example.com", "log", NameFrom.CONTACT)
    assert row(same).count("bob@example.com") == 1


@pytest.mark.parametrize("glyphs", SETS)
def test_a_suggestion_has_its_lamp_in_sign_and_word(glyphs: Glyphs) -> None:
    offer = Suggestion("Bob", "200", "contact", NameFrom.CONTACT)
    lamp = Lamp("work", "200", LampState.AWAY, "back at 3")
    words = f" Bob  200  {glyphs.lamps[LampState.AWAY]} away, “back at 3”"
    assert text(people.suggestion(offer, lamp, glyphs), 60).startswith(words)


@pytest.mark.parametrize("glyphs", SETS)
def test_each_lamp_has_a_sign_of_its_own(glyphs: Glyphs) -> None:
    assert set(glyphs.lamps) == set(LampState)
    assert len(set(glyphs.lamps.values())) == len(LampState)
    assert {cell_len(sign) for sign in glyphs.lamps.values()} == {1}
