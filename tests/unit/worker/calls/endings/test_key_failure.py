"""Calls that must be encrypted and get no keys."""

from __future__ import annotations

from tests.support.clock import Clock
from voip.protection import MediaKind, Stream
from voip.worker.calls.endings.key_failure import KeyWait

KEYED = Stream(MediaKind.AUDIO, True, True)
KEYLESS = Stream(MediaKind.AUDIO, True, False)
UNUSED = Stream(MediaKind.VIDEO, False, False)


def test_a_stream_in_use_may_lack_keys_for_a_while() -> None:
    clock = Clock()
    wait = KeyWait(clock.monotonic)
    assert not wait.is_over((KEYED, KEYLESS))
    clock.advance(8)
    assert not wait.is_over((KEYED, KEYLESS))
    clock.advance(0.1)
    assert wait.is_over((KEYED, KEYLESS))


def test_keys_end_the_wait_and_a_stream_that_is_not_used_needs_none() -> None:
    clock = Clock()
    wait = KeyWait(clock.monotonic)
    for streams in ((KEYLESS,), (KEYED, UNUSED), (KEYLESS,)):
        assert not wait.is_over(streams)
        clock.advance(7)
    assert not wait.is_over((KEYLESS,))
    clock.advance(2)
    assert wait.is_over((KEYLESS,))
    assert not wait.is_over(())
