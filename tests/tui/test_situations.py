"""Each lock situation on whole screens: sign, sentence and far end's text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.screen.situations import SITUATIONS
from tests.tui import situations
from tests.tui.situations import SETS, SETUPS, SEVERAL, SIZES, file_of
from voip.protection import Sign

_ON_SCREENS = sorted(set(SITUATIONS) - {"on hold without a stream"})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SETUPS)
async def test_the_screens_are_those_that_were_read(name: str, pictured: Path) -> None:
    taken = await situations.take(name, pictured / "s")
    assert {(one.size, one.glyphs) for one in taken} == {
        (size, glyphs) for size in SIZES for glyphs in SETS
    }
    for picture in taken:
        glyphs = SETS[picture.glyphs]
        text = "\n".join(picture.lines)
        if name == SEVERAL:
            assert "You speak on an UNPROTECTED call" in text
            assert glyphs.sign(Sign.SERVER) in text
            assert glyphs.sign(Sign.UNSAFE) in text
            continue
        situation = SITUATIONS[name]
        if name == "pin changed":
            # Only the account shows it; narrow screens show it on request.
            assert glyphs.sign(situation.sign) in text
        elif situation.sign is None:
            assert "busy" in text
            # The account beside the calls has a sign of its own.
            if picture.size == SIZES[0]:
                assert not any(glyphs.sign(sign) in text for sign in Sign)
        else:
            beside = [
                line for line in picture.lines if situation.short in line or situation.long in line
            ]
            assert beside, text
            assert glyphs.sign(situation.sign) in beside[0]
    assert situations.text_of(taken) == file_of(name).read_text(encoding="utf-8")


def test_each_situation_of_the_table_has_its_screens() -> None:
    assert {*_ON_SCREENS, SEVERAL} == set(SETUPS)
    assert {file_of(name) for name in SETUPS} == set(situations.FOLDER.iterdir())
