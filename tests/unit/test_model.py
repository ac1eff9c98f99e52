"""The end that holds a call, and the source of its sound."""

from __future__ import annotations

import pytest

from voip.model import CallState, HeldBy, Source


@pytest.mark.parametrize(
    ("us", "them", "held_by"),
    [
        (False, False, None),
        (True, False, HeldBy.US),
        (False, True, HeldBy.THEM),
        (True, True, HeldBy.BOTH),
    ],
)
def test_either_side_holds_or_both(us: bool, them: bool, held_by: HeldBy | None) -> None:
    assert HeldBy.of(us=us, them=them) is held_by
    if held_by is not None:
        assert held_by.here is us
        assert held_by.state is (CallState.HELD if us else CallState.REMOTE_HELD)


@pytest.mark.parametrize(
    ("person", "file", "source"),
    [
        (False, False, Source.NOBODY),
        (True, False, Source.PERSON),
        (False, True, Source.FILE),
        (True, True, Source.FILE),
    ],
)
def test_a_file_takes_the_place_of_the_person(person: bool, file: bool, source: Source) -> None:
    assert Source.of(person=person, file=file) is source
