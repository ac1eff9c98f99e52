"""`offhook devices`: lists microphones and speakers."""

from __future__ import annotations

import click

from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.model import SoundDevice
from voip.protocol.sound import Devices, GetDevices


@click.command()
@json_option
def devices(as_json: bool) -> None:
    """Look for sound devices and list them.

    “offhook settings audio.input NAME” chooses a microphone, audio.output a speaker, and
    audio.ring_device another device for ringing.
    """
    report = oneshot.get(GetDevices(), Devices)
    if as_json:
        print_json(report)
        return
    click.echo(f"in use: {report.in_use}")
    if report.rings_on is not None:
        click.echo(f"ringing: {report.rings_on}")
    for device in report.devices:
        click.echo(_line(device))


def _line(device: SoundDevice) -> str:
    uses = ["microphone"] if device.inputs else []
    uses += ["speaker"] if device.outputs else []
    return f"{device.name}  {device.driver}  {' and '.join(uses)}"
