"""Which of PJSIP's sound devices are used."""

from __future__ import annotations

import pytest

from voip.model import SoundDevice
from voip.worker.media.devices.choice import Choice, Device, choose_pair, named, offered

SERVER = "PulseAudio"
SPEAKER, MICROPHONE = "Default (Built-in \N{EN DASH} Speakers)", "Default (Jabra)"


def server(shown: SoundDevice, is_missing: bool = False) -> Device:
    """A device of a sound server, as its driver describes it."""
    if shown.name.startswith("Default ("):
        return Device(shown, "", "Default (", is_missing)
    description = shown.name.partition(" \N{EN DASH} ")[0]
    return Device(shown, f"node of {description}", f"{description} \N{EN DASH} ")


def out(name: str, is_missing: bool = False) -> Device:
    return server(SoundDevice(name=name, driver=SERVER, inputs=0, outputs=1), is_missing)


def into(name: str, is_missing: bool = False) -> Device:
    return server(SoundDevice(name=name, driver=SERVER, inputs=1, outputs=0), is_missing)


def alsa(name: str, inputs: int = 1, outputs: int = 1) -> Device:
    return Device(SoundDevice(name=name, driver="ALSA", inputs=inputs, outputs=outputs))


ALSA = (alsa("jack", 0, 0), alsa("hw:CARD=Jabra,DEV=0"), alsa("default"), alsa("pulse"))
DEVICES = (
    out(SPEAKER),
    into(MICROPHONE),
    out("Built-in \N{EN DASH} Speakers"),
    out("Jabra"),
    into("Jabra"),
    into("Built-in \N{EN DASH} Internal Microphone"),
    *ALSA,
)
NO_MICROPHONE = (out(SPEAKER), into("Default (none)", is_missing=True), out("Jabra"), *ALSA)
NO_SPEAKER = (out("Default (none)", is_missing=True), into(MICROPHONE), into("Jabra"), *ALSA)
NOTHING = (out("Default (none)", is_missing=True), into("Default (none)", is_missing=True))


def names(choice: Choice, devices: tuple[Device, ...] = DEVICES) -> tuple[str | None, ...]:
    indices = (choice.capture, choice.playback)
    return tuple(None if i is None else devices[i].shown.name for i in indices)


@pytest.mark.parametrize(
    ("wished_input", "wished_output", "expected"),
    [
        (None, None, (MICROPHONE, SPEAKER)),
        # ALSA's names of a server, from before it had devices of its own.
        ("pulse", "default", (MICROPHONE, SPEAKER)),
        # A default device by its name of another day.
        ("Default (Gone)", "Default (Gone)", (MICROPHONE, SPEAKER)),
        ("Jabra", "Jabra", ("Jabra", "Jabra")),
        ("jabra", "built-in", ("Jabra", "Built-in \N{EN DASH} Speakers")),
        # Headphones are plugged into what was chosen as speakers.
        (None, "Built-in \N{EN DASH} Headphones", (MICROPHONE, "Built-in \N{EN DASH} Speakers")),
        # One driver alone: ALSA's device of the server goes with ALSA's own.
        ("hw:CARD=Jabra,DEV=0", None, ("hw:CARD=Jabra,DEV=0", "pulse")),
        (None, "hw:CARD=Jabra,DEV=0", ("pulse", "hw:CARD=Jabra,DEV=0")),
    ],
)
def test_a_wish_is_granted(
    wished_input: str | None, wished_output: str | None, expected: tuple[str, str]
) -> None:
    choice = choose_pair(DEVICES, wished_input, wished_output, pulse=True)
    assert (names(choice), choice.problem) == (expected, None)


@pytest.mark.parametrize(
    ("wished_input", "wished_output", "problem"),
    [
        ("Blue", None, "no sound device is called Blue"),
        (None, "Blue", "no sound device is called Blue"),
        # It has no speaker.
        (None, "Internal Microphone", "no sound device is called Internal Microphone"),
        ("hw:CARD=Jabra,DEV=0", "Jabra", "hw:CARD=Jabra,DEV=0 and Jabra cannot be used together"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_told(
    wished_input: str | None, wished_output: str | None, problem: str
) -> None:
    choice = choose_pair(DEVICES, wished_input, wished_output, pulse=True)
    assert (names(choice), choice.problem) == ((MICROPHONE, SPEAKER), problem)


@pytest.mark.parametrize(
    ("devices", "pulse", "expected"),
    [
        (ALSA, True, ("pulse", "pulse")),
        (ALSA, False, ("default", "default")),
        (ALSA[:1], True, (None, None)),
        ((alsa("default"), alsa("pulse")), False, (None, None)),
        ((), True, (None, None)),
        ((Device(SoundDevice("Built-in", "CoreAudio", 1, 1)),), False, ("Built-in",) * 2),
        # Half a server is used before another driver; nothing at all is told as that.
        (NO_MICROPHONE, True, ("Default (none)", SPEAKER)),
        (NO_SPEAKER, True, (MICROPHONE, "Default (none)")),
        (NOTHING, True, (None, None)),
    ],
)
def test_without_a_server_s_devices_there_are_others(
    devices: tuple[Device, ...], pulse: bool, expected: tuple[str | None, str | None]
) -> None:
    choice = choose_pair(devices, None, None, pulse)
    assert (names(choice, devices), choice.problem) == (expected, None)


def test_without_a_server_a_card_goes_with_the_default_of_alsa() -> None:
    choice = choose_pair(ALSA, "hw:CARD=Jabra,DEV=0", None, pulse=False)
    assert names(choice, ALSA) == ("hw:CARD=Jabra,DEV=0", "default")


def test_a_part_of_a_name_finds_no_default_device() -> None:
    outputs = [(i, d) for i, d in enumerate(DEVICES) if d.shown.outputs]
    found = named(outputs, "speakers")
    assert found is not None
    assert DEVICES[found].shown.name == "Built-in \N{EN DASH} Speakers"


def test_what_changes_by_itself_is_no_part_of_the_identity() -> None:
    assert out("Default (Jabra)").identity == out(SPEAKER).identity
    assert out("Built-in \N{EN DASH} Speakers").identity == out("Built-in").identity
    assert out("Jabra").identity != out("Built-in").identity
    assert alsa("default").identity != alsa("pulse").identity
    # What is missing is another one: it has to be opened when it comes.
    assert NOTHING[0].identity != DEVICES[0].identity


def test_a_server_is_offered_once() -> None:
    shown = [device.name for device in offered(DEVICES)]
    assert shown == [*(d.shown.name for d in DEVICES[:6]), "jack", "hw:CARD=Jabra,DEV=0"]
    assert [device.name for device in offered(ALSA)] == [d.shown.name for d in ALSA]


def test_a_device_that_is_missing_is_not_offered() -> None:
    assert [device.name for device in offered(NO_MICROPHONE)][:2] == [SPEAKER, "Jabra"]
    assert offered(NOTHING) == ()
