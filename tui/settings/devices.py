"""Choice of microphone, speaker and ringing device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len

from tui.state import State
from tui.terminal.glyphs import meter
from tui.terminal.text import Line, Part, line
from tui.terminal.wrapping import paragraph
from tui.widgets.choices import Choices, Row
from tui.widgets.list_box import ListBox
from tui.widgets.screens import bindings_of
from voip.client.errors import CommandFailed, NoEngine
from voip.model import SoundDevice
from voip.protocol.client import NumberedEvent
from voip.protocol.phone import WorkerEvent
from voip.protocol.settings import ChangeSettings, SettingsEvent
from voip.protocol.sound import Devices as DevicesMessage
from voip.protocol.sound import (
    GetDevices,
    HearMicrophone,
    MicrophoneEvent,
    MicrophoneLevelEvent,
    TrialStage,
    TryMicrophone,
)

_METER_CELLS = 20
_AUDIBLE = 0.003
"""Least peak of a voice: 50 dB below full scale."""

_STAGES = {
    TrialStage.LISTENING: "Speak now; {} plays it back at once.",
    TrialStage.PLAYING: "This is what was heard; {} stops it.",
}
_HEARD = "The microphone works: you have heard what it heard."
_NOT_HEARD = "The microphone heard nothing: choose another one, or look if it is muted."


class Choice(NamedTuple):
    """Device for a setting of config.toml; None is the default."""

    setting: str
    device: str | None


class Devices(ListBox[Choices[Choice]]):
    """Lists the sound devices; a choice applies at once, also to live calls."""

    name_of_screen = "devices"
    BINDINGS = bindings_of("devices")
    title_of_box = "Microphone, speaker and ringing"

    def __init__(self) -> None:
        super().__init__(Choices[Choice]())
        self._devices: tuple[SoundDevice, ...] | None = None
        self._stage: TrialStage | None = None

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    def show(self, state: State) -> None:
        super().show(state)
        self._draw()

    def happened(self, numbered: NumberedEvent) -> None:
        match numbered.event:
            case SettingsEvent() | WorkerEvent():
                self.phone.later(self.reload())
            case MicrophoneEvent():
                self._follow_test(numbered.event)
            case MicrophoneLevelEvent(level=level):
                self._show_level(level)
            case _:
                pass

    async def reload(self) -> None:
        try:
            answer = await self.phone.bridge.get(GetDevices(), DevicesMessage)
        except (CommandFailed, NoEngine) as error:
            self.show_notice(f"The devices are not known: {error}")
            return
        self._devices = answer.devices
        ringing = "" if answer.rings_on is None else f". Ringing: {answer.rings_on}"
        self.show_notice(f"In use: {answer.in_use}{ringing}")
        self._draw()

    async def choose(self) -> None:
        chosen = self.rows.selected
        if chosen is None:
            return
        try:
            await self.phone.bridge.ask(ChangeSettings(changes={chosen.setting: chosen.device}))
        except (CommandFailed, NoEngine) as error:
            self.show_notice(f"Nothing was changed: {error}")

    async def test(self) -> None:
        """Test the microphone; again, end the recording, then the playing back."""
        command = TryMicrophone() if self._stage is None else HearMicrophone()
        try:
            await self.phone.bridge.ask(command)
        except (CommandFailed, NoEngine) as error:
            self.show_notice(f"The microphone is not tested: {error}")

    def _follow_test(self, event: MicrophoneEvent) -> None:
        if event.stage is TrialStage.DONE:
            self._stage = None
            heard = _HEARD if event.peak >= _AUDIBLE else _NOT_HEARD
            problem = event.problem and f"The test of the microphone has ended: {event.problem}."
            self.show_notice(problem or heard)
            return
        self._stage = event.stage
        self._show_level(0.0)

    def _show_level(self, level: float) -> None:
        if self._stage is not None:
            key = self.phone.shown_key("device.test")
            bar = meter(level, _METER_CELLS, self.phone.glyphs)
            self.show_notice(f"{_STAGES[self._stage].format(key)} {bar}")

    def _draw(self) -> None:
        if self._devices is None:
            return
        audio = self.phone.state.settings.audio
        inputs = [device.name for device in self._devices if device.inputs]
        outputs = [device.name for device in self._devices if device.outputs]
        self.rows.show(
            [
                *self._list("Microphone", "audio.input", inputs, audio.input),
                Row(Line()),
                *self._list("Speaker", "audio.output", outputs, audio.output),
                Row(Line()),
                *self._list(
                    "Ringing device", "audio.ring_device", outputs, audio.ring_device, "the speaker"
                ),
            ]
        )

    def _list(
        self,
        title: str,
        setting: str,
        names: list[str],
        configured: str | None,
        default: str = "automatic: the phone chooses",
    ) -> Iterator[Row[Choice]]:
        chosen = chosen_of(names, configured)
        yield Row(line(Part(title, "accent")))
        yield Row(self._row(default, configured is None), Choice(setting, None))
        for name in dict.fromkeys(names):
            yield Row(self._row(name, name == chosen), Choice(setting, name))
        if configured is not None and chosen is None:
            yield Row(self._row(f"{configured} (not there now)", True), Choice(setting, configured))
        if not names:
            key = self.phone.shown_key("list.reload")
            advice = f"There is no {title.lower()}. Plug one in, and press {key} to look again."
            yield Row(Line(), note=paragraph("  ", Part(advice, "warning"), hang=2))

    def _row(self, name: str, chosen: bool) -> Line:
        sign = self.phone.glyphs.check_ok
        sign = sign if chosen else " " * cell_len(sign)
        return line(f"  {sign} ", name, right=(Part("chosen", "success"),) if chosen else ())


def chosen_of(names: list[str], configured: str | None) -> str | None:
    """The device named `configured`, or the first whose name contains it."""
    if configured is None:
        return None
    partial = [name for name in names if configured.lower() in name.lower()]
    return configured if configured in names else next(iter(partial), None)
