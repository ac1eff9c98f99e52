"""A worker runs with our pjsua2 alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from voip.native import mark
from voip.native.inputs import PJSIP_VERSION, patch_names
from voip.native.mark import Mark, UnsuitableLibrary

OURS = Mark(pjsip=PJSIP_VERSION, patches=tuple(patch_names()), tls_library="OpenSSL 3.0.17")


def test_there_are_patches_to_ask_for() -> None:
    assert len(patch_names()) >= 4


@pytest.mark.parametrize(
    "good",
    [
        OURS,
        replace(OURS, pjsip="2.17.1"),
        replace(OURS, pjsip="2.18"),
        replace(OURS, pjsip="3.0"),
        replace(OURS, patches=(*OURS.patches, "one-more")),
        replace(OURS, tls_library="OpenSSL 4.0.0"),
        replace(OURS, tls_library="OpenSSL 10.1"),
    ],
)
def test_ours_and_newer_ones_are_taken(good: Mark) -> None:
    mark.check(good)
    assert set(patch_names()) <= set(good.patches)


@pytest.mark.parametrize(
    ("bad", "lacks"),
    [
        (replace(OURS, pjsip="2.9"), f"PJSIP {PJSIP_VERSION} (it is 2.9)"),
        (replace(OURS, pjsip="2.16.1"), f"PJSIP {PJSIP_VERSION} (it is 2.16.1)"),
        (replace(OURS, pjsip=""), f"PJSIP {PJSIP_VERSION} (it is )"),
        (replace(OURS, tls_library="OpenSSL 1.0.2k"), "OpenSSL 3 (it has OpenSSL 1.0.2k)"),
        (replace(OURS, tls_library="LibreSSL 3.8.2"), "OpenSSL 3 (it has LibreSSL 3.8.2)"),
        (replace(OURS, tls_library="GnuTLS 3.8"), "OpenSSL 3 (it has GnuTLS 3.8)"),
        (replace(OURS, tls_library=""), "OpenSSL 3 (it has )"),
        (replace(OURS, patches=()), ", ".join(patch_names())),
    ],
)
def test_weaker_ones_are_refused_in_words(bad: Mark, lacks: str) -> None:
    with pytest.raises(UnsuitableLibrary) as caught:
        mark.check(bad)
    assert str(caught.value) == (
        f"the installed pjsua2 is not the one this phone needs; it lacks {lacks}. "
        "Run ./offhook to build it."
    )


@pytest.mark.parametrize("name", patch_names())
def test_each_patch_is_needed(name: str) -> None:
    lacking = replace(OURS, patches=tuple(p for p in OURS.patches if p != name))
    with pytest.raises(UnsuitableLibrary) as caught:
        mark.check(lacking)
    assert f"it lacks {name}. " in str(caught.value)


def test_everything_that_lacks_is_said_at_once() -> None:
    with pytest.raises(UnsuitableLibrary) as caught:
        mark.check(Mark("2.10", (), "OpenSSL 1.1.1w"))
    for words in (*patch_names(), "(it is 2.10)", "(it has OpenSSL 1.1.1w)"):
        assert words in str(caught.value)


def test_mark_is_read() -> None:
    said = json.dumps({"pjsip": "2.17", "patches": ["a", "b"]})
    assert mark.read(said, "OpenSSL 3.5.0") == Mark("2.17", ("a", "b"), "OpenSSL 3.5.0")
