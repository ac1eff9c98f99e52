"""The beep before the microphone of a call that was answered by itself."""

from __future__ import annotations

import time

import pytest

from voip.worker.media.beep import Beep


class _Parts:
    """Speaker and media; `done` lists what happened to them."""

    active = False

    def __init__(self) -> None:
        self.done: list[str] = []

    def beep(self, on: bool) -> None:
        self.done.append("beep" if on else "quiet")

    def give_voice(self, on: bool) -> None:
        self.done.append(f"voice {on}")


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_the_microphone_opens_only_after_the_beep(moment: list[float]) -> None:
    parts = _Parts()
    beep = Beep(parts, parts)
    due = [beep.is_due]
    beep.begin()
    beep.follow()
    assert parts.done == []
    due.append(beep.is_due)
    parts.active = True
    beep.follow()
    assert parts.done == ["beep"]
    moment[0] += 0.2
    beep.follow()
    assert parts.done == ["beep"]
    moment[0] += 0.3
    beep.follow()
    beep.follow()
    assert parts.done == ["beep", "quiet", "voice True"]
    assert [*due, beep.is_due] == [False, True, False]


def test_whoever_decides_about_the_microphone_ends_the_beep(moment: list[float]) -> None:
    parts = _Parts()
    parts.active = True
    beep = Beep(parts, parts)
    beep.begin()
    beep.follow()
    beep.end()
    moment[0] += 1
    beep.follow()
    assert parts.done == ["beep", "quiet"]


def test_other_calls_have_no_beep(moment: list[float]) -> None:
    parts = _Parts()
    parts.active = True
    Beep(parts, parts).follow()
    assert parts.done == []
