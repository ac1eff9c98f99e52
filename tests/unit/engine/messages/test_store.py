"""Kept texts: each once, in threads, found, read and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from voip.causes import Cause, CauseKind
from voip.engine.history.log import History
from voip.engine.messages.store import NewText, TextStore, Which
from voip.model import Direction, NameFrom, Party
from voip.texts import TextState

_BOB = Party("sip:bob@pbx.test", "Bob", name_from=NameFrom.CLAIM)
_CAROL = Party("sip:carol@pbx.test")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def store(path: Path) -> Iterator[TextStore]:
    log = History(path)
    opened = TextStore(path)
    yield opened
    opened.close()
    log.close()


def _new(
    text: str = "hello",
    remote: Party = _BOB,
    mark: str | None = None,
    direction: Direction = Direction.IN,
) -> NewText:
    return NewText("work", remote.uri, remote, direction, text, 1_700_000_000.0, mark=mark)


def test_a_repetition_is_kept_once(store: TextStore) -> None:
    assert store.add(_new(mark="1")) is not None
    assert store.add(_new(mark="1")) is None
    assert store.add(_new(mark="2")) is not None
    assert [message.text for message in store.messages(Which(), 9, None)] == ["hello"] * 2


def test_texts_outlive_the_store(store: TextStore, path: Path) -> None:
    kept = store.add(_new("two\nlines"))
    other = TextStore(path)
    assert other.messages(Which(), 9, None) == (kept,)
    assert (other.unread(), kept and kept.unread) == (1, True)
    other.close()


def test_the_end_of_a_text_that_was_sent(store: TextStore) -> None:
    kept = store.add(_new(direction=Direction.OUT))
    assert kept is not None
    assert (kept.state, kept.unread) == (TextState.SENDING, False)
    cause = Cause(CauseKind.TEXT_REFUSED, (405, "Method Not Allowed"))
    ended = store.finish(int(kept.id), TextState.FAILED, 405, cause)
    assert ended is not None
    assert (ended.state, ended.code, ended.cause) == (TextState.FAILED, 405, cause)
    assert ended.problem == "their phone takes no texts"
    assert store.finish(99, TextState.DELIVERED, 200, None) is None


def test_unfinished_texts_of_an_earlier_engine_have_failed(store: TextStore) -> None:
    for direction in Direction:
        store.add(_new(direction=direction))
    assert store.fail_unfinished(Cause(CauseKind.PHONE_STOPPED)) == 1
    states = [message.state for message in store.messages(Which(), 9, None)]
    assert sorted(states) == [TextState.FAILED, TextState.RECEIVED]


def test_threads_are_by_person_and_the_latest_is_first(store: TextStore) -> None:
    for text, remote in (("one", _BOB), ("two", _CAROL), ("three", _BOB)):
        store.add(_new(text, remote))
    threads = store.threads(9)
    shown = [(t.last.text, t.last.remote, t.messages, t.unread) for t in threads]
    assert shown == [("three", _BOB, 2, 2), ("two", _CAROL, 1, 1)]


def test_reading_a_thread_leaves_others_unread(store: TextStore) -> None:
    for remote in (_BOB, _CAROL):
        store.add(_new(remote=remote))
    assert store.mark_read("work", _BOB.uri) == 1
    unread = store.messages(Which(unread=True), 9, None)
    assert [message.remote for message in unread] == [_CAROL]


def test_texts_are_found_regardless_of_case(store: TextStore) -> None:
    store.add(_new("Meet at the STRASSE"))
    assert len(store.messages(Which(search="straße"), 9, None)) == 1
    assert len(store.messages(Which(search="BOB"), 9, None)) == 1
    assert store.messages(Which(search="carol"), 9, None) == ()


def test_a_deleted_text_is_gone_from_the_file(store: TextStore, path: Path) -> None:
    kept = [store.add(_new(f"secret words {number}")) for number in range(2)]
    assert store.delete([int(kept[0].id)] if kept[0] else []) == 1
    assert [message.text for message in store.messages(Which(), 9, None)] == ["secret words 1"]
    assert store.delete_thread("work", _BOB.uri) == 1
    assert not any(b"secret words" in file.read_bytes() for file in path.parent.iterdir())


def test_the_texts_of_the_last_deletion_come_back(store: TextStore) -> None:
    for number in range(3):
        store.add(_new(f"{number}"))
    everything = store.messages(Which(), 9, None)
    store.delete([int(everything[0].id)])
    assert store.delete([99]) == 0
    assert store.restore() == 1
    assert store.messages(Which(), 9, None) == everything
    assert store.restore() == 0
    store.delete([int(everything[0].id)])
    store.delete_thread("work", _BOB.uri)
    assert store.restore() == 2
    assert store.messages(Which(), 9, None) == everything[1:]


def test_texts_that_came_while_the_user_was_asked_stay(store: TextStore) -> None:
    first, second = store.add(_new("first")), store.add(_new("second"))
    assert first is not None and second is not None
    assert store.delete_all("home", int(first.id)) == 0
    assert store.delete_all("work", int(first.id)) == 1
    assert store.messages(Which(), 9, None) == (second,)
    assert store.delete_all(None, int(second.id)) == 1


def test_a_text_that_came_again_meanwhile_is_there_once(store: TextStore) -> None:
    store.add(_new(mark="1"))
    assert store.delete_thread("work", _BOB.uri) == 1
    again = store.add(_new(mark="1"))
    store.restore()
    assert store.messages(Which(), 9, None) == (again,)


def test_a_text_that_comes_back_has_the_end_that_it_got_meanwhile(store: TextStore) -> None:
    kept = store.add(_new(direction=Direction.OUT))
    assert kept is not None
    store.delete([int(kept.id)])
    assert store.finish(int(kept.id), TextState.DELIVERED, 200, None) is None
    store.restore()
    (message,) = store.messages(Which(), 9, None)
    assert (message.state, message.code) == (TextState.DELIVERED, 200)


def test_nothing_comes_back_after_the_minute(store: TextStore) -> None:
    store.add(_new())
    store.delete_thread("work", _BOB.uri)
    store.forget_deleted()
    assert store.restore() == 0
