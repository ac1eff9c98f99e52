"""`offhook devices`, and the choice of one."""

from __future__ import annotations

import json

from tests.support.standin.engine import StandIn
from tests.unit.cli.typed import typed


async def test_devices_are_listed_and_chosen(standin: StandIn) -> None:
    status, out, err = await typed("devices")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "in use: Built-in Audio / Built-in Audio",
        "Built-in Audio  PulseAudio  microphone and speaker",
        "USB Headset  PulseAudio  microphone and speaker",
    ]
    await typed("settings", "audio.input", "usb")
    shown = json.loads((await typed("devices", "--json")).out)
    assert shown["in_use"] == "USB Headset / Built-in Audio"
    assert [device["name"] for device in shown["devices"]] == ["Built-in Audio", "USB Headset"]


async def test_another_device_for_ringing_is_chosen(standin: StandIn) -> None:
    await typed("settings", "audio.ring_device", "usb")
    status, out, err = await typed("devices")
    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == [
        "in use: Built-in Audio / Built-in Audio",
        "ringing: USB Headset",
    ]
    await typed("settings", "audio.ring_device", "Loudspeaker")
    shown = json.loads((await typed("devices", "--json")).out)
    assert shown["rings_on"] == "no sound device is called Loudspeaker: it rings on the speaker"
    await typed("settings", "audio.ring_device", "--default")
    assert json.loads((await typed("devices", "--json")).out)["rings_on"] is None
