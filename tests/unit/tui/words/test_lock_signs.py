"""Sign and sentence of a lock on rows, beside any name of a far end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.screen.situations import SITUATIONS
from tests.unit.security.test_lock_sign import EVERY_CALL
from tests.unit.tui.words.test_rows import NOW, call, entry, glyph_sets, text
from tui.state import Link, State
from tui.terminal.glyphs import Glyphs
from tui.words import phrases, rows
from voip.model import CallState, Direction, Outcome, Party
from voip.protection import Sign
from voip.security import policy
from voip.security.lock_facts import CallFacts

NARROWEST = 50
"""Cells of the calls' pane at 80 columns beside accounts; more at 60."""
THEIRS = "Ω"
"""In every text of a far end, and in none of the phone's own."""

theirs = st.text(st.sampled_from(f"{THEIRS}[]secur opnwait🔒⏳好\u0301"), min_size=1).map(
    lambda chosen: f"{THEIRS}{chosen}{THEIRS}"
)
parties = st.builds(
    Party,
    uri=theirs.map(lambda user: f"sip:{user}@{THEIRS}.example"),
    name=theirs | st.just(""),
    imitates=st.booleans(),
)
widths = st.integers(NARROWEST, 220)


@given(
    facts=st.sampled_from(EVERY_CALL), remote=parties, reason=theirs, heard=theirs,
    glyphs=glyph_sets, width=widths, flags=st.tuples(*[st.booleans()] * 3),
)  # fmt: skip
def test_no_text_of_a_peer_is_on_the_line_of_the_sign_and_its_sentence_is_whole(
    facts: CallFacts, remote: Party, reason: str, heard: str, glyphs: Glyphs,
    width: int, flags: tuple[bool, bool, bool],
) -> None:  # fmt: skip
    muted, recording, playing = flags
    lock = policy.lock(facts)
    state = CallState.ACTIVE if facts.state is CallState.ENDED else facts.state
    shown = call(
        remote=remote, lock=lock, state=state, reason=reason, heard=heard, muted=muted,
        recording=recording, playing=playing,
    )  # fmt: skip
    # An incoming call has the whole width of the screen.
    for cells, drawn in (
        (width, rows.call(shown, glyphs, 1.0, True, True, width, "l")),
        (width + 10, rows.incoming(shown, glyphs, "a answer", width + 10)),
    ):
        lines = [text(line, cells, glyphs.ellipsis) for line in drawn]
        if lock.sign is None:
            continue
        (line,) = [line for line in lines if glyphs.sign(lock.sign) in line and THEIRS not in line]
        beside = line.split(glyphs.sign(lock.sign))[1].strip().removesuffix("a answer").strip()
        assert beside in (lock.short, lock.why)
        assert THEIRS in "".join(lines)


@given(
    remote=parties, sign=st.none() | st.sampled_from(Sign), glyphs=glyph_sets, width=widths,
    outcome=st.sampled_from(Outcome), direction=st.sampled_from(Direction), was_open=st.booleans(),
    code=st.none() | st.integers(100, 699),
)  # fmt: skip
def test_in_the_log_what_became_of_the_call_stands_between_a_name_and_the_sign(
    remote: Party, sign: Sign | None, glyphs: Glyphs, width: int, outcome: Outcome,
    direction: Direction, was_open: bool, code: int | None,
) -> None:  # fmt: skip
    log_row = entry(
        remote=remote, sign=sign, outcome=outcome, direction=direction, lock_was_open=was_open,
        code=code,
    )  # fmt: skip
    row = text(rows.entry(log_row, glyphs, NOW, width), width, glyphs.ellipsis)
    assert row.endswith(f" {glyphs.sign(sign)} ")
    before = row.removesuffix(f" {glyphs.sign(sign)} ")
    name_ends = before.rindex(THEIRS) if THEIRS in before else 0
    assert before[name_ends:].endswith(f" {phrases.outcome(log_row)}")


def test_the_open_one_of_several_calls_is_said_aloud_when_it_is_the_active_one() -> None:
    secure = SITUATIONS["TLS with SRTP"].facts
    open_ = SITUATIONS["UDP"].facts
    assert isinstance(secure, CallFacts)
    assert isinstance(open_, CallFacts)

    def state(*facts: CallFacts) -> State:
        calls = (call(id=str(n), lock=policy.lock(f), state=f.state) for n, f in enumerate(facts))
        return State(link=Link.UP, calls=tuple(calls))

    held = CallState.HELD
    assert state(replace(secure, state=held), open_).speaks_in_the_open
    assert not state(secure, replace(open_, state=held)).speaks_in_the_open
    assert not state(open_).speaks_in_the_open
    assert not state(secure, secure).speaks_in_the_open
