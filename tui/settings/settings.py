"""All settings of config.toml; a change applies at once."""

from __future__ import annotations

from collections.abc import Iterator

from textual.widgets import Input

from tui.settings.devices import Devices
from tui.settings.keys import Keys
from tui.settings.list import CALLS, CONTACTS, NETWORK, SCREEN, SOUND, Setting, Value, words
from tui.settings.themes import Themes
from tui.state import State
from tui.terminal.text import Line, Part, line
from tui.terminal.wrapping import Paragraph, paragraph
from tui.widgets.choices import Choices, Row
from tui.widgets.list_box import LineBox
from tui.widgets.screens import bindings_of
from tui.words.phrases import count
from voip.client.errors import CommandFailed, NoEngine
from voip.protocol.client import NumberedEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import ChangeSettings, GetSettings, SettingsData, SettingsEvent

_KEYS = "keys"
_ELSEWHERE: dict[str, type[Devices] | type[Themes]] = {
    "audio.input": Devices,
    "audio.output": Devices,
    "audio.ring_device": Devices,
    "screen.theme": Themes,
}
_NAME = 19


class Settings(LineBox[Choices[Setting | str]]):
    """Lists the settings; shows a refusal beneath its setting."""

    name_of_screen = "settings"
    BINDINGS = bindings_of("settings")
    title_of_box = "Settings"

    def __init__(self) -> None:
        super().__init__(Choices[Setting | str]())
        self._refused: dict[str, str] = {}
        self._remarks: dict[str, str] = {}
        self._typed: Setting | None = None

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    def show(self, state: State) -> None:
        super().show(state)
        self._draw()

    def happened(self, numbered: NumberedEvent) -> None:
        # The engine reports an unreadable file as a notice, its repair as a change.
        if isinstance(numbered.event, SettingsEvent | NoticeEvent):
            self.phone.later(self.reload())

    async def reload(self) -> None:
        try:
            data = await self.phone.bridge.get(GetSettings(), SettingsData)
        except (CommandFailed, NoEngine) as error:
            self.show_notice(f"The settings are not known: {error}")
            return
        self._remarks = data.remarks
        self._draw()
        self.show_notice(
            f"Nothing can be changed here until this is fixed: {data.problem}"
            if data.problem
            else f"Kept in {data.folder}/config.toml, which you may edit too."
        )

    async def choose(self) -> None:
        setting = self.rows.selected
        if setting == _KEYS:
            self.phone.push_screen(Keys())
        if not isinstance(setting, Setting):
            return
        if setting.key in _ELSEWHERE:
            self.phone.push_screen(_ELSEWHERE[setting.key]())
        elif setting.is_typed:
            self._typed = setting
            now = setting.value_in(self.phone.state.settings)
            form = setting.form or f"in {setting.unit}"
            self.open_line(f"{setting.name}, {form}:", "" if now is None else str(now))
        else:
            now = setting.value_in(self.phone.state.settings)
            place = setting.choices.index(now)
            await self._change(setting, setting.choices[(place + 1) % len(setting.choices)])

    async def restore(self) -> None:
        setting = self.rows.selected
        if isinstance(setting, Setting):
            await self._change(setting, None)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        setting = self._typed
        if setting is None:
            return
        try:
            value = setting.read(event.value.strip())
        except ValueError as error:
            self._refuse(setting, str(error))
            return
        if await self._change(setting, value):
            self.leave_line()

    def leave_line(self) -> None:
        super().leave_line()
        self._typed = None

    async def _change(self, setting: Setting, value: Value) -> bool:
        """Send a change to the engine; True if it was accepted."""
        try:
            await self.phone.bridge.ask(ChangeSettings(changes={setting.key: value}))
        except CommandFailed as error:
            # The message without the file's name: the whole box is about config.toml.
            self._refuse(setting, error.problem)
            return False
        except NoEngine as error:
            self._refuse(setting, str(error))
            return False
        self._refused.pop(setting.key, None)
        self._draw()
        return True

    def _refuse(self, setting: Setting, why: str) -> None:
        self._refused = {setting.key: why}
        self._draw()

    def _draw(self) -> None:
        changed = len(self.phone.keymap.changed)
        own = f"{count(changed, 'key')} of your own" if changed else "as they come"
        keys = line(f"  {'Keys':<{_NAME}}", Part(own, "strong"))
        note = _note(Part("Which key does what.", "muted"))
        self.rows.show(
            [
                Row(line(Part("Sound", "accent"))),
                *self._rows(SOUND),
                Row(Line()),
                Row(line(Part("Calls", "accent"))),
                *self._rows(CALLS),
                Row(Line()),
                Row(line(Part("Contacts", "accent"))),
                *self._rows(CONTACTS),
                Row(Line()),
                Row(line(Part("Network", "accent"))),
                *self._rows(NETWORK),
                Row(Line()),
                Row(line(Part("Screen", "accent"))),
                *self._rows(SCREEN),
                Row(keys, _KEYS, note),
            ]
        )

    def _rows(self, settings: tuple[Setting, ...]) -> Iterator[Row[Setting | str]]:
        for setting in settings:
            value, default = setting.value_in(self.phone.state.settings), setting.default
            sign = ""
            if isinstance(value, bool):
                sign = f"{self.phone.glyphs.on if value else self.phone.glyphs.off} "
            normal = f"default: {words(setting, default)}" if value != default else "default"
            drawn = line(
                f"  {setting.name:<{_NAME}}",
                Part(f"{sign}{words(setting, value)}", "strong"),
                right=(Part(normal, "muted"),),
            )
            yield Row(drawn, setting, self._below(setting))

    def _below(self, setting: Setting) -> Paragraph:
        refused, remark = self._refused.get(setting.key), self._remarks.get(setting.key)
        if refused is None and remark is not None:
            return _note(Part(f"{self.phone.glyphs.failed} {remark}", "warning"))
        if refused is None:
            return _note(Part(setting.meaning, "muted"))
        return _note(Part(f"{self.phone.glyphs.failed} not saved: {refused}", "error"))


def _note(part: Part) -> Paragraph:
    return paragraph("    ", part, hang=4)
