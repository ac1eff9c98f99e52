"""Actions on the phone as a whole."""

from __future__ import annotations

from tui.host import Host
from tui.keys.context import Context
from tui.phone.command_palette import Palette
from tui.phone.engine_log import EngineLog
from tui.phone.events import Events
from tui.phone.help import Guide
from tui.phone.leave import Leave
from tui.phone.main import MainScreen
from tui.phone.welcome import Welcome
from tui.settings.devices import Devices
from tui.settings.settings import Settings
from tui.settings.themes import Themes
from voip.protocol.settings import ChangeSettings


async def _palette(phone: Host, context: Context) -> None:
    if not isinstance(phone.screen, Palette):
        phone.push_screen(Palette())


async def _help(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, MainScreen):
        phone.push_screen(Guide(phone.screen.context))


async def _devices(phone: Host, context: Context) -> None:
    phone.push_screen(Devices())


async def _settings(phone: Host, context: Context) -> None:
    phone.push_screen(Settings())


async def _disturb(phone: Host, context: Context) -> None:
    on = not phone.state.settings.calls.do_not_disturb
    await phone.ask(ChangeSettings(changes={"calls.do_not_disturb": on}))


async def _themes(phone: Host, context: Context) -> None:
    phone.push_screen(Themes())


async def _events(phone: Host, context: Context) -> None:
    phone.push_screen(Events())


async def _log(phone: Host, context: Context) -> None:
    phone.push_screen(EngineLog())


async def _welcome(phone: Host, context: Context) -> None:
    phone.push_screen(Welcome())


async def _connect(phone: Host, context: Context) -> None:
    phone.bridge.wake()


async def _redraw(phone: Host, context: Context) -> None:
    phone.redraw()


async def _quit(phone: Host, context: Context) -> None:
    if phone.state.live:
        phone.push_screen(Leave())
    else:
        phone.exit()


COMMANDS = {
    "phone.palette": _palette,
    "phone.help": _help,
    "phone.devices": _devices,
    "phone.settings": _settings,
    "phone.disturb": _disturb,
    "phone.themes": _themes,
    "phone.events": _events,
    "phone.log": _log,
    "phone.welcome": _welcome,
    "phone.connect": _connect,
    "phone.redraw": _redraw,
    "phone.quit": _quit,
}
