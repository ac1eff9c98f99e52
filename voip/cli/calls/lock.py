"""`offhook lock` and `offhook compared`: a call's words, and proved keys."""

from __future__ import annotations

from collections.abc import Iterator

import click

from voip.cli import format as texts
from voip.cli.common import json_option, print_json
from voip.client import oneshot
from voip.client.compared_words import standing
from voip.client.errors import CommandFailed
from voip.protection import EndToEnd, LockReport
from voip.protocol.client import ErrorInfo
from voip.protocol.trust import (
    ComparedList,
    CompareWords,
    ForgetCompared,
    GetCompared,
    GetLock,
    WordsCompared,
)

_IN_A_LINE = 4
_VERDICTS = {True: "holds", False: "MISSING", None: "not known"}


@click.command()
@click.argument("call", required=False)
@click.option("--account", metavar="NAME", help="Show the lock of this account's connection.")
@click.option("--equal", is_flag=True, help="Confirm that the words are equal.")
@click.option("--different", is_flag=True, help="Report that the words are different.")
@json_option
def lock(
    call: str | None, account: str | None, equal: bool, different: bool, as_json: bool
) -> None:
    """Show the facts behind the lock of CALL, and the words to compare.

    With --equal it shows the words and asks, and remembers the far end's key.
    """
    if (call is None) is (account is None):
        raise click.UsageError("name a CALL or an --account, and not both")
    if equal and different:
        raise click.UsageError("the words are --equal or --different, not both")
    if call is None and (equal or different):
        raise click.UsageError("only a CALL has words to compare")
    command = GetLock(call=call, account=account)
    report = oneshot.get(command, LockReport, start=account is not None)
    if call is not None and (equal or different):
        _answer(call, report, equal)
        report = oneshot.get(command, LockReport, start=False)
    if as_json:
        print_json(report)
    else:
        click.echo("\n".join(describe(report)))


def describe(report: LockReport) -> Iterator[str]:
    """Format a lock: its sign, remedy, meaning, facts, and words."""
    yield f"{texts.sign(report.sign)} {report.why}"
    if report.remedy:
        yield report.remedy
    yield from report.meaning
    for fact in report.facts:
        verdict = _VERDICTS[fact.holds] if fact.applies else "not asked"
        yield f"  {verdict:<9}  {fact.name}: {fact.evidence}"
    if report.end_to_end is not None:
        yield ""
        yield from _words(report.end_to_end)


def _words(code: EndToEnd) -> Iterator[str]:
    numbered = [f"{place} {word:<10}" for place, word in enumerate(code.words, start=1)]
    for start in range(0, len(numbered), _IN_A_LINE):
        yield "  ".join(numbered[start : start + _IN_A_LINE]).rstrip()
    yield code.reading
    yield standing(code)


def _answer(call: str, report: LockReport, equal: bool) -> None:
    code = report.end_to_end
    if code is None:
        raise _failed(f"call {call} has no words to compare")
    if equal and not _confirmed(code):
        raise _failed("nothing was noted")
    command = CompareWords(call=call, words=code.words, equal=equal)
    noted = oneshot.get(command, WordsCompared, start=False)
    if noted.notice:
        click.echo(noted.notice, err=True)


def _confirmed(code: EndToEnd) -> bool:
    # Keys may have changed since the words were read out.
    click.echo("\n".join(_words(code)), err=True)
    question = "Type yes if these are the words that both of you have"
    return str(click.prompt(question, default="no", show_default=False, err=True)) == "yes"


@click.command()
@click.option(
    "--forget", nargs=2, metavar="ACCOUNT ADDRESS", help="Forget every key of this far end."
)
@json_option
def compared(forget: tuple[str, str] | None, as_json: bool) -> None:
    """List the far ends whose words were found equal.

    Their keys are recognised in later calls.
    """
    if forget is not None:
        account, address = forget
        oneshot.ask(ForgetCompared(account=account, address=address))
    compared_keys = oneshot.get(GetCompared(), ComparedList)
    if as_json:
        print_json(compared_keys)
    elif compared_keys.keys:
        for key in compared_keys.keys:
            click.echo(f"{key.account}  {key.address}  {key.on}  {key.fingerprint}")
    else:
        click.echo("nothing compared yet")


def _failed(words: str) -> CommandFailed:
    return CommandFailed(ErrorInfo(kind="lock", message=words))
