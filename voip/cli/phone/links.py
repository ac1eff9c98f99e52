"""`offhook open` and `offhook links`: links of other programs (`sip:`, `tel:`)."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from voip.cli.phone import desktop
from voip.client.errors import CommandFailed
from voip.protocol.client import ErrorInfo
from voip.sip.dialing import DialError
from voip.sip.links import dialled


@click.command("open")
@click.argument("link")
@click.pass_context
def open_link(ctx: click.Context, link: str) -> None:
    """Open the phone with a link's number or address to call.

    LINK begins with sip:, sips: or tel:. Nobody is called before you press Enter. Headers
    and parameters of LINK have no effect.
    """
    try:
        text = dialled(link)
    except DialError as error:
        raise click.UsageError(str(error)) from error
    from tui.start import main

    ctx.exit(main(text))


@click.group()
def links() -> None:
    """Let links of browsers and other programs open this phone."""


@links.command()
def install() -> None:
    """Make this phone your desktop's program for sip: and tel: links.

    Prints the file that tells the desktop. “offhook links remove” undoes it.
    """
    _check_desktop()
    file, lack = desktop.install(Path(sys.argv[0]).absolute())
    click.echo(file)
    if lack is not None:
        words = "choose Offhook for links in the settings of your desktop or browser"
        click.echo(f"offhook: {lack}: {words}", err=True)


@links.command()
def remove() -> None:
    """Undo “links install”: links open as they did before."""
    _check_desktop()
    desktop.remove()


def _check_desktop() -> None:
    if sys.platform == "darwin":
        words = "macOS gives links to application bundles alone: copy a link into the dial line"
        raise CommandFailed(ErrorInfo(kind="links", message=words))
