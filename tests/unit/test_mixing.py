"""Who hears whom: the pure state, against a model of rooms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voip.mixing import Mix

USER = 0
PARTIES = range(1, 9)


@st.composite
def mixes(draw: st.DrawFn) -> Mix:
    """Make a conference by what may happen to it, in any order."""
    mix = Mix(())
    mix = mix.joined_by(tuple(draw(st.lists(st.sampled_from(PARTIES), min_size=2, max_size=8))))
    for _ in range(draw(st.integers(0, 12))):
        mix = _after(mix, draw(st.integers(0, 5)), draw(st.sampled_from(PARTIES)), draw)
    return mix


def _after(mix: Mix, what: int, call: int, draw: st.DrawFn) -> Mix:
    if what == 0:
        return mix.joined_by((call,))
    if what == 1:
        return mix.left()
    if call not in mix.parties:
        return mix
    if what == 2:
        return mix.aside_with(call)
    if what == 3:
        return mix.without(call)
    return mix.with_silenced(call, draw(st.booleans()))


def rooms(mix: Mix) -> list[set[int]]:
    """Those who are together: the user and the others, or two aside and the rest."""
    everybody = set(mix.parties)
    if not mix.here:
        return [{USER}, everybody]
    if mix.aside is None:
        return [{USER} | everybody]
    return [{USER, mix.aside}, everybody - {mix.aside}]


@given(mixes())
def test_all_in_a_room_hear_each_other_and_nobody_else(mix: Mix) -> None:
    for room in rooms(mix):
        for one in room - {USER}:
            heard = room - {USER, one} - mix.silenced
            assert set(mix.heard_by(one)) == heard
            assert mix.speaks_to(one) is (USER in room)
            aside = mix.aside == one
            assert mix.listens_to(one) is (USER in room and (aside or one not in mix.silenced))


@given(mixes(), st.sampled_from(PARTIES))
def test_nobody_hears_itself_and_nobody_hears_a_party_that_has_left(mix: Mix, call: int) -> None:
    left = mix.without(call)
    assert call not in left.parties
    assert call not in left.silenced
    for party in left.parties:
        assert not {call, party} & set(left.heard_by(party))


@given(mixes(), st.sampled_from(PARTIES))
def test_no_party_hears_the_user_because_another_has_left(mix: Mix, call: int) -> None:
    left = mix.without(call)
    assert {p for p in left.parties if left.speaks_to(p)} <= {
        p for p in mix.parties if mix.speaks_to(p)
    }
    assert left.aside in (None, mix.aside)


@given(mixes())
def test_a_party_is_there_once_and_stays_silenced_when_others_come(mix: Mix) -> None:
    joined = mix.joined_by((*PARTIES, *PARTIES))
    assert sorted(joined.parties) == list(PARTIES)
    assert joined.silenced == mix.silenced
    assert (joined.here, joined.aside) == (True, None)
