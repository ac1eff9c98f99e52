from __future__ import annotations

from dataclasses import replace

import pytest

from voip.native.advisories import ADVISORIES, Advisory
from voip.native.inputs import PJSIP_VERSION, patch_names
from voip.native.mark import Mark, UnsuitableLibrary, check

OURS = Mark(pjsip=PJSIP_VERSION, patches=tuple(patch_names()), tls_library="OpenSSL 3.0.17")

_PATCHES = sorted({patch for advisory in ADVISORIES for patch in advisory.patches})


@pytest.mark.parametrize("advisory", ADVISORIES, ids=lambda advisory: advisory.name)
def test_each_is_closed_by_patches_that_are_there_or_cannot_be_reached(
    advisory: Advisory,
) -> None:
    assert set(advisory.patches) <= set(patch_names())
    assert (advisory.not_reachable is None) == bool(advisory.patches)
    assert advisory.closed(OURS.patches)


@pytest.mark.parametrize("patch", _PATCHES)
def test_a_library_without_one_of_their_patches_is_refused(patch: str) -> None:
    lacking = tuple(name for name in OURS.patches if name != patch)
    assert any(not advisory.closed(lacking) for advisory in ADVISORIES)
    with pytest.raises(UnsuitableLibrary, match=patch):
        check(replace(OURS, patches=lacking))


def test_none_is_listed_twice() -> None:
    names = [advisory.name for advisory in ADVISORIES]
    assert len(names) == len(set(names))
