"""config.toml in the engine: read, changed by a client, changed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from voip.engine import commands
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.paths import Paths
from voip.protocol.client import AnyEvent
from voip.protocol.phone import EngineLog, GetEngineLog, NoticeEvent
from voip.protocol.settings import (
    Audio,
    ChangeSettings,
    GetSettings,
    Settings,
    SettingsData,
    SettingsEvent,
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    paths = Paths(tmp_path / "config", tmp_path / "state", tmp_path / "run")
    made = Engine(paths)
    yield made
    made.history.close()


@pytest.fixture
def heard(engine: Engine) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    engine.hub.listen(lambda numbered: events.append(numbered.event), levels=False)
    return events


async def asked(engine: Engine) -> SettingsData:
    data = await commands.answer(engine, GetSettings())
    assert isinstance(data, SettingsData)
    return data


def by_hand(engine: Engine, text: str) -> None:
    engine.paths.config.mkdir(exist_ok=True)
    engine.paths.settings.write_text(text)


async def test_settings_are_told_with_their_folder(engine: Engine, tmp_path: Path) -> None:
    assert await asked(engine) == SettingsData(
        settings=Settings(), problem=None, folder=str(tmp_path / "config")
    )


async def test_a_change_is_written_told_and_in_force(engine: Engine, heard: list[AnyEvent]) -> None:
    await commands.answer(engine, ChangeSettings(changes={"audio.input": "USB"}))
    changed = Settings(audio=Audio(input="USB"))
    assert engine.settings == changed
    assert heard == [SettingsEvent(settings=changed)]
    assert engine.paths.settings.read_text() == '[audio]\ninput = "USB"\n'
    assert (await asked(engine)).settings == changed


async def test_a_change_tells_what_runs(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Settings, Settings]] = []

    async def noted(before: Settings, after: Settings) -> None:
        seen.append((before, after))

    monkeypatch.setattr(engine, "settings_changed", noted)
    await commands.answer(engine, ChangeSettings(changes={"audio.input": "USB"}))
    assert seen == [(Settings(), Settings(audio=Audio(input="USB")))]


async def test_a_bad_change_is_refused_and_nothing_is_told(
    engine: Engine, heard: list[AnyEvent]
) -> None:
    with pytest.raises(Refusal) as caught:
        await commands.answer(engine, ChangeSettings(changes={"audio.rnig": True}))
    assert caught.value.kind == "bad_settings"
    assert str(caught.value) == (
        f"{engine.paths.settings}: “rnig” is not known, did you mean “ring”?"
    )
    assert heard == []
    assert engine.settings == Settings()
    assert not engine.paths.settings.exists()


async def test_a_broken_file_is_a_problem_and_what_held_before_holds(
    engine: Engine, heard: list[AnyEvent]
) -> None:
    by_hand(engine, '[audio]\ninput = "USB"\n')
    await engine.reload_settings()
    before = engine.settings
    by_hand(engine, "[audio]\ninptu = 1\n")
    await engine.reload_settings()
    words = f"{engine.paths.settings}: “inptu” is not known, did you mean “input”?"
    assert await asked(engine) == SettingsData(
        settings=before, problem=words, folder=str(engine.paths.config)
    )
    assert heard[1:] == [NoticeEvent(level="error", text=words)]
    assert words in engine.status().engine.problems
    by_hand(engine, '[audio]\ninput = "USB"\n')
    await engine.reload_settings()
    assert heard[2:] == [SettingsEvent(settings=before)]
    assert engine.status().engine.problems == ()


async def test_log_of_the_engine(engine: Engine) -> None:
    engine.paths.log.write_text("one\ntwo\n")
    data = await commands.answer(engine, GetEngineLog(limit=1))
    assert data == EngineLog(lines=("two",), path=str(engine.paths.log))
