"""The user's ring sound: checked, copied for workers, and told when it is gone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.media import sound
from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed
from voip.client.errors import CommandFailed
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import ChangeSettings
from voip.protocol.worker.process import Configure
from voip.protocol.worker.sound import UseAudio

KEY = "audio.ring_sound"
OWN = "the phone rings by its own sound"


@pytest.fixture
def bell(place: Path) -> Path:
    return sound.sine(place / "bell.wav", 800, seconds=1)


async def choose(phone: StandIn, path: Path | None) -> None:
    await phone.client.ask(ChangeSettings(changes={KEY: None if path is None else str(path)}))


def rings_by(phone: StandIn) -> Path | None:
    """Return the file that the workers were told last to ring by."""
    name = phone.script.of_kind(UseAudio)[-1].audio.ring_sound
    return None if name is None else Path(name)


def notices(phone: StandIn) -> list[str]:
    return [e.event.text for e in phone.events if isinstance(e.event, NoticeEvent)]


def copies(phone: StandIn) -> list[Path]:
    return list((phone.paths.runtime / "sound").iterdir())


async def test_workers_get_a_copy_that_is_deleted_with_the_setting(
    standin: StandIn, bell: Path
) -> None:
    await standin.add_account("work")
    await choose(standin, bell)
    copy = rings_by(standin)
    assert copies(standin) == [copy]
    assert standin.engine.settings.audio.ring_sound == str(bell)
    other = sound.sine(bell.with_name("other.wav"), 500, seconds=1)
    await choose(standin, other)
    assert copies(standin) == [rings_by(standin)]
    assert rings_by(standin) != copy
    await choose(standin, None)
    assert rings_by(standin) is None
    assert copies(standin) == []
    assert notices(standin) == []


async def test_a_worker_that_starts_later_has_the_sound(standin: StandIn, bell: Path) -> None:
    await choose(standin, bell)
    await standin.add_account("work")
    (copy,) = copies(standin)
    (configure,) = standin.script.of_kind(Configure)
    assert configure.audio.ring_sound == str(copy)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no file"),
        (b"no sound", "is not a WAV file: save it as a WAV file"),
    ],
)
async def test_a_file_that_cannot_ring_is_refused(
    standin: StandIn, place: Path, content: bytes | None, words: str
) -> None:
    path = place / "bell.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandFailed, match=words):
        await choose(standin, path)
    status, out, err = await typed("settings", KEY, str(path))
    assert (status, out) == (1, "")
    assert words in err
    assert standin.engine.settings.audio.ring_sound is None


async def test_a_path_from_nowhere_is_refused_but_the_command_line_completes_it(
    standin: StandIn, bell: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandFailed, match="the whole path of the ring sound is needed"):
        await choose(standin, Path("bell.wav"))
    with pytest.raises(CommandFailed, match=r"~nobody-of-that-name/bell\.wav cannot be found"):
        await choose(standin, Path("~nobody-of-that-name/bell.wav"))
    monkeypatch.chdir(bell.parent)
    assert await typed("settings", KEY, "bell.wav") == (0, "", "")
    assert standin.engine.settings.audio.ring_sound == str(bell)


async def test_a_file_that_goes_away_is_told_once_and_used_again_once_it_is_back(
    standin: StandIn, bell: Path
) -> None:
    await standin.add_account("work")
    await choose(standin, bell)
    aside = bell.rename(bell.with_name("aside.wav"))
    words = f"there is no file {bell}: {OWN}"
    for _ in range(2):
        await standin.engine.sound.refresh(standin.engine.settings.audio)
        assert rings_by(standin) is None
        assert (await standin.status()).engine.problems == (words,)
    await standin.until(NoticeEvent, lambda e: e.text == words)
    shutil.copy(aside, bell)
    await standin.engine.sound.refresh(standin.engine.settings.audio)
    assert copies(standin) == [rings_by(standin)]
    assert (await standin.status()).engine.problems == ()
    assert notices(standin) == [words]


async def test_a_pipe_in_its_place_holds_nothing_up(standin: StandIn, bell: Path) -> None:
    await standin.add_account("work")
    await choose(standin, bell)
    bell.unlink()
    os.mkfifo(bell)
    await standin.engine.sound.refresh(standin.engine.settings.audio)
    assert rings_by(standin) is None
    assert (await standin.status()).engine.problems[0].startswith(f"{bell} is not a file")


async def test_a_file_that_is_gone_at_the_start_is_told(standin: StandIn, bell: Path) -> None:
    await choose(standin, bell)
    await standin.stop()
    assert copies(standin) == []
    bell.unlink()
    await standin.start()
    words = f"there is no file {bell}: {OWN}"
    assert (await standin.status()).engine.problems == (words,)
    assert words in (await typed("status")).out
