"""Themes and symbols: previewed while moving, kept on request."""

from __future__ import annotations

from tests.support.clock import Clock
from tests.support.screen.pilot import TERMINAL, Screen, screen
from tests.support.standin.engine import StandIn
from tui.settings.themes import Themes
from voip.protocol.settings import Screen as ScreenSettings

OWN = '[colors]\nbackground = "#000000"\nforeground = "#ffffff"\nprimary = "#ff0000"\n'


async def show_themes(phone: Screen) -> None:
    await phone.to_main()
    await phone.press("T")
    await phone.sees("Your own themes are files in ")


async def test_moving_tries_and_escape_brings_back(phone: Screen, standin: StandIn) -> None:
    await show_themes(phone)
    assert phone.app.theme == "dark"
    await phone.press("down")
    assert phone.app.theme == "ansi16"
    await phone.press("escape")
    assert phone.app.theme == "dark"
    assert standin.engine.settings.screen.theme == "auto"


async def test_enter_keeps(phone: Screen, standin: StandIn) -> None:
    await show_themes(phone)
    await phone.click("High contrast")
    assert phone.app.theme == "high-contrast"
    await phone.press("enter")
    await phone.until(lambda: standin.engine.settings.screen.theme == "high-contrast")
    assert phone.app.screen is phone.app.main
    assert phone.app.theme == "high-contrast"


async def test_symbols_are_tried_and_kept(phone: Screen, standin: StandIn) -> None:
    await show_themes(phone)
    assert "Symbols: auto (unicode)" in phone.text
    await phone.press("g", "g", "g")
    assert "Symbols: ascii" in phone.text
    assert "[server] [UNSAFE]" in phone.text
    await phone.press("enter")
    await phone.until(lambda: standin.engine.settings.screen.glyphs == "ascii")
    assert phone.app.glyphs.name == "ascii"


async def test_own_themes_and_their_mistakes(phone: Screen, standin: StandIn) -> None:
    folder = standin.paths.config / "themes"
    folder.mkdir()
    (folder / "mine.toml").write_text(OWN)
    (folder / "broken.toml").write_text('[colors]\nbackground = "#00"\n')
    await show_themes(phone)
    assert f"{standin.paths.config}/themes" in phone.text.replace("│", "")
    assert "themes/broken.toml line 2: “#00” is not a colour for “background”" in phone.text
    await phone.click("mine")
    assert phone.app.theme == "mine"
    (folder / "later.toml").write_text(OWN)
    (folder / "broken.toml").unlink()
    await phone.press("r")
    await phone.sees("later")
    assert "broken.toml" not in phone.text


async def test_a_theme_that_differs_in_one_role_is_drawn_at_once(
    main: Screen, standin: StandIn
) -> None:
    folder = standin.paths.config / "themes"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"mine-{number}.toml").write_text(f'{OWN}muted = "#00000{number}"\n')
    main.app.load_themes()
    for number in (1, 2, 1):
        main.app.wear(ScreenSettings(theme=f"mine-{number}"))
        await main.settle()
        styles = [style for strip in main.strips for _, style, _ in strip if style]
        muted = {
            style.color.triplet.blue for style in styles if style.color and style.color.triplet
        }
        assert number in muted
        assert 3 - number not in muted


async def test_a_theme_that_cannot_be_saved_stays_to_be_seen(
    phone: Screen, standin: StandIn
) -> None:
    await show_themes(phone)
    standin.paths.settings.write_text("[screen\n")
    await phone.press("down", "enter")
    await phone.sees("Not saved: ")
    assert isinstance(phone.app.screen, Themes)
    assert standin.paths.settings.read_text() == "[screen\n"


async def test_it_says_what_suits_the_terminal(clock: Clock, standin: StandIn) -> None:
    async with screen(clock=clock, environ={**TERMINAL, "NO_COLOR": "1"}) as phone:
        await show_themes(phone)
        await phone.sees("Best for this terminal: Plain  auto")
