from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.state import (
    KEEP_ENDED_S,
    QUALITY_EVERY_S,
    QUALITY_POINTS,
    Link,
    State,
    attach,
    forget_ended,
    lose,
    reduce,
)
from voip.model import (
    AccountStatus,
    Call,
    CallState,
    Direction,
    EngineStatus,
    LogEntry,
    Outcome,
    Party,
    Registration,
    RegistrationState,
    Status,
)
from voip.protection import Lock, LockSignalling, LockState, Transport
from voip.protocol.accounts import (
    AccountEvent,
    AccountRemoved,
    AccountsOrdered,
    CheckEvent,
    CheckStep,
)
from voip.protocol.calls import CallEvent, DigitEvent, LogEvent
from voip.protocol.client import AnyEvent
from voip.protocol.phone import EchoEvent, NoticeEvent, Snapshot, StoppingEvent, WorkerEvent
from voip.protocol.settings import Screen, Settings, SettingsEvent
from voip.protocol.sound import LevelsEvent
from voip.quality import Quality

LOCK = Lock(LockState.OPEN, "plain", LockSignalling(Transport.UDP))
EMPTY = State()
LIVE = tuple(state for state in CallState if state is not CallState.ENDED)


def call(call_id: str, state: CallState = CallState.ACTIVE, mos: float | None = 4.2) -> Call:
    return Call(
        id=call_id,
        account="work",
        direction=Direction.IN,
        remote=Party(uri="sip:bob@example.com", name="Bob"),
        state=state,
        lock=LOCK,
        duration_s=12.5 if state.answered else 0.0,
        quality=Quality(mos=mos),
    )


def account(name: str, state: RegistrationState = RegistrationState.REGISTERED) -> AccountStatus:
    return AccountStatus(
        name=name,
        aor=f"sip:alice@{name}.example",
        transport=Transport.TLS,
        enabled=True,
        registration=Registration(state),
    )


def snapshot(calls: tuple[Call, ...] = (), accounts: tuple[AccountStatus, ...] = ()) -> Snapshot:
    engine = EngineStatus(version="0.1.0", pid=7, uptime_s=1.0)
    return Snapshot(seq=1, status=Status(engine=engine, accounts=accounts, calls=calls))


def after(*events: AnyEvent, state: State = EMPTY, now: float = 0.0) -> State:
    for event in events:
        state = reduce(state, event, now)
    return state


# Calls


def test_a_call_appears_changes_and_ends() -> None:
    state = after(CallEvent(call=call("1", CallState.INCOMING)), now=1.0)
    assert [s.call.id for s in state.incoming] == ["1"]
    state = after(CallEvent(call=call("1")), state=state, now=2.0)
    assert state.incoming == ()
    assert [s.call.state for s in state.live] == [CallState.ACTIVE]
    state = after(CallEvent(call=call("1", CallState.ENDED)), state=state, now=3.0)
    assert state.live == ()
    match = state.find("1")
    assert match is not None
    assert match.ended == 3.0


def test_an_ended_call_stays_to_be_read_and_then_goes() -> None:
    state = after(CallEvent(call=call("1", CallState.ENDED)), now=10.0)
    assert forget_ended(state, 10.0 + KEEP_ENDED_S - 0.1) is state
    assert forget_ended(state, 10.0 + KEEP_ENDED_S).calls == ()


def test_a_live_call_is_never_forgotten() -> None:
    state = after(CallEvent(call=call("1")), now=0.0)
    assert forget_ended(state, 1e9) is state


def test_calls_stand_in_the_order_in_which_they_came() -> None:
    state = after(
        CallEvent(call=call("2", CallState.INCOMING)),
        CallEvent(call=call("1", CallState.INCOMING)),
        CallEvent(call=call("2", CallState.INCOMING)),
    )
    assert [s.call.id for s in state.calls] == ["2", "1"]
    assert [s.call.id for s in state.incoming] == ["2", "1"]


def test_the_time_of_a_call_runs_from_its_answer_to_its_end() -> None:
    ringing = after(CallEvent(call=call("1", CallState.RINGING)), now=1.0).calls[0]
    assert ringing.duration_s(100.0) == 0.0
    active = after(CallEvent(call=call("1")), now=100.0).calls[0]
    assert active.duration_s(101.5) == 14.0
    assert active.duration_s(99.0) == 12.5
    ended = msgspec.structs.replace(active.call, state=CallState.ENDED, duration_s=14.0)
    shown = after(CallEvent(call=ended), now=102.0).calls[0]
    assert shown.duration_s(500.0) == 14.0


def test_levels_reach_their_call_alone() -> None:
    state = after(
        CallEvent(call=call("1")),
        CallEvent(call=call("2")),
        LevelsEvent(call="2", rx=0.5, tx=0.25),
        LevelsEvent(call="9", rx=1.0, tx=1.0),
    )
    assert [(s.rx, s.tx) for s in state.calls] == [(0.0, 0.0), (0.5, 0.25)]


def test_keys_that_they_press_are_kept_up_to_a_bound() -> None:
    state = after(
        CallEvent(call=call("1")),
        *(DigitEvent(call="1", digit=str(n % 10)) for n in range(40)),
        DigitEvent(call="9", digit="5"),
    )
    assert state.calls[0].heard == "89" + "0123456789" * 3


def test_quality_is_noted_each_five_seconds_while_one_speaks() -> None:
    state = after(CallEvent(call=call("1", mos=4.0)), now=0.0)
    for second in range(1, 12):
        state = after(CallEvent(call=call("1", mos=float(second))), state=state, now=second)
    assert state.calls[0].history == (QUALITY_EVERY_S, 2 * QUALITY_EVERY_S)
    held = after(CallEvent(call=call("1", CallState.HELD)), state=state, now=99.0)
    assert held.calls[0].history == state.calls[0].history


def test_the_history_of_quality_has_a_bound() -> None:
    state = State()
    for step in range(30):
        now = step * QUALITY_EVERY_S
        state = after(CallEvent(call=call("1", mos=float(step))), state=state, now=now)
    assert state.calls[0].history == tuple(float(n) for n in range(30 - QUALITY_POINTS, 30))


def test_a_call_has_its_row_of_the_log_and_keeps_it_when_it_has_ended() -> None:
    row = LogEntry(
        id="1", account="work", direction=Direction.OUT, remote=Party("sip:bob@example.com"),
        outcome=Outcome.ANSWERED, started="", answered="2026-03-14T14:32:05Z",
    )  # fmt: skip
    state = after(
        CallEvent(call=call("1")),
        LogEvent(entry=row),
        CallEvent(call=call("1", CallState.ENDED)),
    )
    assert [(s.ended is None, s.entry) for s in state.calls] == [(False, row)]
    # A row of a call that is not shown changes the log alone.
    assert after(LogEvent(entry=row)) == State()


# Accounts


def test_accounts_change_where_they_stand_and_new_ones_come_last() -> None:
    state = after(
        AccountEvent(account=account("work")),
        AccountEvent(account=account("home")),
        AccountEvent(account=account("work", RegistrationState.FAILED)),
    )
    assert [a.name for a in state.accounts] == ["work", "home"]
    assert state.registered(RegistrationState.FAILED) == 1
    assert state.registered(RegistrationState.REGISTERED) == 1
    match = state.account("work")
    assert match is not None
    assert match.registration.state is RegistrationState.FAILED


def test_a_removed_account_is_gone() -> None:
    state = after(
        AccountEvent(account=account("work")), AccountRemoved(name="work"),
        AccountRemoved(name="nobody"),
    )  # fmt: skip
    assert state.accounts == ()


def test_accounts_take_the_order_that_is_told() -> None:
    state = attach(State(), snapshot(accounts=tuple(map(account, ("a", "b", "c")))), 0.0)
    state = after(AccountsOrdered(names=("c", "a", "b")), state=state)
    assert [a.name for a in state.accounts] == ["c", "a", "b"]
    # A new account that the order does not name stays at the end.
    state = after(AccountsOrdered(names=("b", "gone", "c")), state=state)
    assert [a.name for a in state.accounts] == ["b", "c", "a"]


# The engine


def test_settings_are_those_that_were_told_last() -> None:
    settings = Settings(screen=Screen(bell=False))
    assert after(SettingsEvent(settings=settings)).settings == settings


def test_an_engine_that_is_stopped_says_so() -> None:
    state = after(StoppingEvent(), state=attach(State(), snapshot(), 0.0))
    assert state.link is Link.STOPPED
    assert state.link_text == "The engine was stopped."


def test_what_was_known_stays_while_the_engine_is_away() -> None:
    state = attach(State(), snapshot((call("1"),), (account("work"),)), 0.0)
    gone = lose(state, Link.LOST, "The engine went away.")
    assert gone.link is Link.LOST
    assert gone.calls == state.calls
    assert gone.accounts == state.accounts
    back = attach(gone, snapshot((call("1"),), (account("work"),)), 5.0)
    assert (back.link, back.link_text) == (Link.UP, "")


def test_attaching_again_keeps_what_only_the_screen_knows() -> None:
    state = after(
        DigitEvent(call="1", digit="5"), state=attach(State(), snapshot((call("1"),)), 0.0)
    )
    state = attach(state, snapshot((call("1"), call("2"))), 3.0)
    assert [(s.call.id, s.heard, s.seen) for s in state.calls] == [("1", "5", 3.0), ("2", "", 3.0)]


@pytest.mark.parametrize(
    "event",
    [
        WorkerEvent(role="secure", up=False),
        EchoEvent(uri=None),
        NoticeEvent(level="info", text="hello"),
        CheckEvent(name="work", step=CheckStep("tls", True, ""), lookups=(), targets=()),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_the_panes_do_not_show_changes_nothing(event: AnyEvent) -> None:
    state = attach(State(), snapshot((call("1"),), (account("work"),)), 0.0)
    assert after(event, state=state, now=9.0) is state


def test_a_call_that_is_told_to_be_up_is_up_whatever_was_thought_of_it() -> None:
    state = after(CallEvent(call=call("1", CallState.ENDED)), now=1.0)
    state = attach(state, snapshot((call("1"),)), 2.0)
    assert [shown.call.id for shown in state.live] == ["1"]


# Any order of events

call_ids = st.sampled_from(["1", "2", "3"])
names = st.sampled_from(["work", "home", "lab"])
calls = st.builds(call, call_ids, st.sampled_from(CallState), st.none() | st.floats(1.0, 4.5))
events: st.SearchStrategy[AnyEvent] = st.one_of(
    st.builds(CallEvent, calls),
    st.builds(LevelsEvent, call_ids, st.floats(0, 1), st.floats(0, 1)),
    st.builds(DigitEvent, call_ids, st.sampled_from("0123456789*#")),
    st.builds(AccountEvent, st.builds(account, names, st.sampled_from(RegistrationState))),
    st.builds(AccountRemoved, names),
    st.builds(AccountsOrdered, st.permutations(["work", "home", "lab"]).map(tuple)),
    st.builds(SettingsEvent, st.just(Settings())),
    st.just(StoppingEvent()),
)
histories = st.lists(st.tuples(st.floats(0.0, 4.0), events), max_size=40)
live_calls = st.lists(
    st.builds(call, call_ids, st.sampled_from(LIVE)), unique_by=lambda match: match.id, max_size=3
).map(tuple)


def lived_through(history: list[tuple[float, AnyEvent]]) -> tuple[State, float]:
    state, now = State(), 0.0
    for pause, event in history:
        now += pause
        state = forget_ended(reduce(state, event, now), now)
        assert_sound(state, now)
    return state, now


def assert_sound(state: State, now: float) -> None:
    ids = [shown.call.id for shown in state.calls]
    assert len(ids) == len(set(ids))
    assert len(state.accounts) == len({account_status.name for account_status in state.accounts})
    for shown in state.calls:
        assert (shown.ended is not None) == (shown.call.state is CallState.ENDED)
        assert shown.ended is None or now - shown.ended < KEEP_ENDED_S
        assert shown.seen <= now
        assert len(shown.history) <= QUALITY_POINTS
        assert len(shown.heard) <= 32
        assert shown.duration_s(now) >= 0.0
    assert set(state.incoming) <= set(state.live) <= set(state.calls)


@given(history=histories)
def test_whatever_comes_calls_and_accounts_are_there_once(
    history: list[tuple[float, AnyEvent]],
) -> None:
    state, now = lived_through(history)
    assert forget_ended(state, now + 2 * KEEP_ENDED_S).calls == state.live


@given(history=histories)
def test_each_call_is_as_it_was_told_last(history: list[tuple[float, AnyEvent]]) -> None:
    state, _ = lived_through(history)
    last = {event.call.id: event.call for _, event in history if isinstance(event, CallEvent)}
    for shown in state.calls:
        assert shown.call == last[shown.call.id]
    live = {match.id for match in last.values() if match.state is not CallState.ENDED}
    assert {shown.call.id for shown in state.live} == live


@given(history=histories, match=live_calls)
def test_attaching_after_any_history_shows_what_the_engine_has(
    history: list[tuple[float, AnyEvent]], match: tuple[Call, ...]
) -> None:
    before, now = lived_through(history)
    accounts = (account("work"), account("new"))
    state = attach(before, snapshot(match, accounts), now)
    assert_sound(state, now)
    assert tuple(shown.call for shown in state.calls) == match
    assert state.live == state.calls
    assert state.accounts == accounts
    assert state.link is Link.UP
