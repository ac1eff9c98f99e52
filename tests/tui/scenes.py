"""Every screen of the phone, each in a state that shows its features.

A scene runs on a screen that is connected to a new stand-in. Its picture is
compared with tests/tui/snapshots, and searched for text that must never be drawn.
Words of far ends go through `Stage.theirs`, so that a test can replace them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from msgspec.structs import replace

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from tui.phone.welcome import Welcome
from tui.settings.settings import Settings
from voip.causes import CauseKind
from voip.model import CallState, Direction, NameFrom, Outcome, Party, RegistrationState
from voip.protection import Keying, LockState, Sign
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import (
    AnswerCall,
    JoinCalls,
    Mute,
    Record,
    SilenceParty,
    TalkAside,
    TransferCall,
)
from voip.protocol.people import (
    MarkFavourite,
    RealtimeTextEvent,
    SendMessage,
    SendRealtimeText,
)
from voip.protocol.phone import RowsImportedEvent
from voip.texts import TextMessage

_HOUR_S = 3600.0
_DAY_S = 24 * _HOUR_S


@dataclass
class Stage:
    """Parts of a scene; `theirs` makes a name or phrase a far end's own."""

    phone: Screen
    engine: StandIn
    clock: Clock
    theirs: Callable[[str], str] = lambda text: text

    def address(self, name: str, user: str) -> str:
        """Return a From value as raw text of the network."""
        return f'"{self.theirs(name)}" <sip:{user}@example.com>'

    async def accounts(self, *names: str) -> None:
        """Add the accounts that are missing, and show the main screen."""
        await self.phone.to_main()
        for name in names or ("work", "home"):
            if self.phone.app.state.account(name) is None:
                await self.engine.add_account(name, domain=f"pbx.{name}.example.com")
        await self.phone.settle()

    async def active(self, name: str = "Front desk", user: str = "100") -> str:
        """Receive and answer a call; it is then 72 seconds old."""
        call = await self.engine.incoming("work", self.address(name, user))
        await self.engine.client.ask(AnswerCall(call=call))
        await self.engine.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
        self.clock.advance(72)
        await self.phone.until(lambda: self.state_of(call) is CallState.ACTIVE)
        self.phone.tick()
        # Without this the lines of the incoming call may still be drawn.
        await self.phone.settle()
        return call

    async def dialled(self, target: str = "200") -> str:
        call = await self.engine.call(target, account="work")
        await self.phone.until(lambda: self.state_of(call) is CallState.DIALING)
        return call

    def state_of(self, call: str) -> CallState | None:
        shown = self.phone.app.state.find(call)
        return shown.call.state if shown else None

    def standing(self, name: str) -> RegistrationState | None:
        account = self.phone.app.state.account(name)
        return account.registration.state if account else None

    async def log(self) -> None:
        """Fill the log with a row of every outcome, over some days."""
        history = self.engine.engine.history
        start = self.clock.epoch() - 44 * _DAY_S
        for number, (outcome, code, reason) in enumerate(_ENDINGS, start=1):
            incoming = outcome in (Outcome.MISSED, Outcome.DECLINED, Outcome.REFUSED)
            direction = Direction.IN if incoming or number % 2 else Direction.OUT
            name_from = NameFrom.CLAIM if direction is Direction.IN else NameFrom.CONTACT
            name = _PEOPLE[number % len(_PEOPLE)]
            remote = Party(f"sip:{100 + number}@example.com", name, name_from=name_from)
            when = start + number * 4 * _DAY_S + number * _HOUR_S
            account = "work" if number % 3 else "home"
            history.begin(number, account, direction, remote, when)
            if outcome is Outcome.ANSWERED:
                history.answered(number, when + 5)
            lock = LockState.CLOSED if number % 4 else LockState.OPEN
            end = when + 5 + 61.0 * number
            sign = Sign.SERVER if lock is LockState.CLOSED else Sign.UNSAFE
            history.end(
                number, end, outcome, code, reason, lock, lock is LockState.OPEN, "opus",
                sign if outcome is Outcome.ANSWERED else None,
            )  # fmt: skip
        # Later calls of the engine must not reuse these ids.
        self.engine.engine.book._last_id = history.last_id()
        # The engine may have read the log's people already.
        self.engine.engine.hub.publish(RowsImportedEvent(count=len(_ENDINGS)))
        await self.phone.settle()


_PEOPLE = ("Workshop", "", "Support", "Maria Rossi", "")
_ENDINGS = (
    (Outcome.ANSWERED, 200, "OK"),
    (Outcome.MISSED, 487, "Request Terminated"),
    (Outcome.DECLINED, 603, "Decline"),
    (Outcome.BUSY, 486, "Busy Here"),
    (Outcome.CANCELLED, 487, "Request Terminated"),
    (Outcome.FAILED, 404, "Not Found"),
    (Outcome.REFUSED, 488, "refused: the caller offered no encryption"),
    (Outcome.LOST, None, "lost: the phone's worker died"),
    (Outcome.INTERRUPTED, None, "the phone stopped during the call"),
    (Outcome.ANSWERED, 200, "OK"),
)

Setup = Callable[[Stage], Awaitable[None]]

SCENES: dict[str, Setup] = {}


def _scene(setup: Setup) -> Setup:
    SCENES[setup.__name__.replace("_", "-")] = setup
    return setup


@_scene
async def main_without_account(stage: Stage) -> None:
    await stage.phone.to_main()


@_scene
async def main_accounts(stage: Stage) -> None:
    engine = stage.engine
    engine.refuse_account("home", 403, stage.theirs("Forbidden"))
    engine.refuse_connection("lab", CauseKind.CERTIFICATE_EXPIRED)
    engine.ignore_account("slow")
    await stage.accounts("work", "home", "lab", "slow", "off")
    await engine.client.ask(EditAccount(name="off", fields={"enabled": False}))
    await engine.add_account("old", transport="udp", domain="pbx.old.example.com", register=False)
    await stage.phone.until(lambda: stage.standing("off") is RegistrationState.OFFLINE)
    await stage.phone.until(lambda: len(stage.phone.app.state.accounts) == 6)
    stage.phone.app.main.accounts.focus()


@_scene
async def main_imitations(stage: Stage) -> None:
    """Receive calls from names that imitate a lock, a number and a sign."""
    await stage.accounts()
    for name in ("\N{LOCK} encrypted to pbx", "+1 555 0100", "boss@example.com"):
        call = await stage.engine.incoming("work", stage.address(name, "mallory"))
        stage.engine.remote_hangs_up(call)
        await stage.engine.until_logged(call)
    await stage.active("LOCK Front desk", "mallory")
    await stage.engine.incoming("work", stage.address("-> Front desk", "mallory"))
    await stage.phone.until(lambda: stage.phone.app.state.incoming)
    # Ended calls are hidden at the next second.
    stage.phone.tick()


@_scene
async def main_log(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()


@_scene
async def main_log_search(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    await stage.phone.press("slash")
    await stage.phone.type("supp")


@_scene
async def main_log_search_finds_nothing(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    await stage.phone.press("slash")
    await stage.phone.type("nobody")
    await stage.phone.press("enter")


@_scene
async def main_log_missed(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    await stage.phone.press("f")


@_scene
async def main_dialling(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    await stage.phone.press("d")
    await stage.phone.type("10")
    await stage.phone.press("down")


@_scene
async def main_dialling_what_cannot_be_dialled(stage: Stage) -> None:
    await stage.accounts()
    await stage.phone.press("d")
    await stage.phone.type("12 x@")


@_scene
async def main_incoming(stage: Stage) -> None:
    await stage.accounts()
    await stage.engine.incoming("work", stage.address("Bob", "bob"))
    await stage.phone.until(lambda: stage.phone.app.state.incoming)


@_scene
async def main_incoming_while_typing(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("d")
    await stage.engine.incoming("work", stage.address("Bob", "bob"))
    await stage.engine.incoming("home", "<sip:+15550100@example.com>")
    await stage.phone.until(lambda: len(stage.phone.app.state.incoming) == 2)


@_scene
async def main_calling(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.dialled()
    stage.engine.remote_rings(call)
    await stage.phone.sees("ringing")


@_scene
async def main_active(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.active()
    stage.engine.levels(call, 0.3, 0.05)
    for loss in (0.0, 1.0, 9.0, 0.0):
        await _measured(stage, call, loss)
    stage.engine.digit(call, "5")
    await stage.phone.sees("they pressed")


async def _measured(stage: Stage, call: str, loss: float) -> None:
    """Measure five seconds of the call, and wait until they are drawn."""

    def points() -> int:
        shown = stage.phone.app.state.find(call)
        return len(shown.history) if shown else 0

    before = points()
    stage.clock.advance(5)
    stage.engine.statistics(call, loss=loss)
    await stage.phone.until(lambda: points() > before)


@_scene
async def main_many_calls(stage: Stage) -> None:
    await stage.accounts()
    await stage.engine.add_account("old", transport="udp", register=False)
    first = await stage.active()
    second = await stage.active("Workshop", "workshop")
    stage.engine.remote_holds(second)
    third = await stage.engine.call("300", account="old")
    stage.engine.remote_answers(third)
    await stage.phone.until(lambda: stage.state_of(third) is CallState.ACTIVE)
    await stage.engine.client.ask(Mute(call=third))
    path = str(stage.engine.folder / "recording.wav")
    await stage.engine.client.ask(Record(call=third, path=path))
    await stage.phone.sees("recording")
    await stage.phone.until(lambda: stage.state_of(first) is CallState.HELD)


@_scene
async def main_conference(stage: Stage) -> None:
    await stage.accounts()
    first = await stage.active()
    other = await stage.active("Front door", "door")
    third = await stage.active("Workshop", "workshop")
    await stage.engine.client.ask(JoinCalls(calls=(first, third)))
    await stage.engine.client.ask(SilenceParty(call=first))
    await stage.phone.sees("nobody hears them")
    await stage.phone.until(lambda: stage.state_of(first) is CallState.ACTIVE)
    assert stage.state_of(other) is CallState.HELD


@_scene
async def main_conference_aside(stage: Stage) -> None:
    await stage.accounts()
    calls = [await stage.active(name, name.lower()) for name in ("Anna", "Berta", "Carla")]
    await stage.engine.client.ask(JoinCalls(calls=tuple(calls)))
    await stage.phone.until(lambda: stage.state_of(calls[0]) is CallState.ACTIVE)
    await stage.engine.client.ask(TalkAside(call=calls[1]))
    await stage.phone.sees("aside")


@_scene
async def main_ended(stage: Stage) -> None:
    await stage.accounts()
    busy = await stage.dialled()
    stage.engine.remote_refuses(busy, 486, stage.theirs("Busy Here"))
    other = await stage.dialled("201")
    stage.engine.remote_refuses(other, 599, stage.theirs("No such luck"))
    await stage.phone.until(lambda: not stage.phone.app.state.live)


@_scene
async def main_engine_gone(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.engine.crash()
    # The screen at once tries to start another engine, and reports the result.
    await stage.phone.until(lambda: "Trying again" in stage.phone.app.state.link_text)


@_scene
async def main_engine_stopped(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    await stage.engine.stop()
    await stage.phone.sees("was stopped")


@_scene
async def keypad(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.active()
    await stage.phone.press("k", "1", "2", "number_sign")
    stage.engine.digit(call, "9")
    await stage.phone.sees("they pressed: 9")


@_scene
async def keypad_with_incoming(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("k")
    await stage.engine.incoming("work", stage.address("Bob", "bob"))
    await stage.phone.until(lambda: stage.phone.app.state.incoming)


@_scene
async def transfer(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("t", "3")
    await stage.phone.sees("transfers to 3@")


@_scene
async def transfer_to_the_other_call(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    call = await stage.dialled("200")
    stage.engine.remote_answers(call)
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    await stage.phone.press("t")
    await stage.phone.sees("Connect them")


@_scene
async def main_transferring(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.active()
    await stage.engine.client.ask(TransferCall(call=call, target="300"))
    stage.engine.refer_progress(call, 180, stage.theirs("Ringing"))
    await stage.phone.sees("ringing")


@_scene
async def main_transfer_failed(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.active()
    await stage.engine.client.ask(TransferCall(call=call, target="300"))
    stage.engine.refer_progress(call, 499, stage.theirs("Out to lunch"), last=True)
    await stage.phone.sees("The transfer to")
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)


@_scene
async def leave(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("q")


@_scene
async def confirm(stage: Stage) -> None:
    await stage.accounts()
    stage.phone.app.main.accounts.focus()
    await stage.phone.press("delete")


@_scene
async def ask(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("p")


@_scene
async def palette(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("ctrl+p")


@_scene
async def palette_search(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("ctrl+p")
    await stage.phone.type("hold")


@_scene
async def welcome(stage: Stage) -> None:
    await stage.phone.until(lambda: isinstance(stage.phone.app.screen, Welcome))


@_scene
async def account_new(stage: Stage) -> None:
    await stage.phone.to_main()
    await stage.phone.press("n")


@_scene
async def account_new_refused(stage: Stage) -> None:
    await stage.phone.to_main()
    await stage.phone.press("n", "ctrl+o", "ctrl+s")


@_scene
async def account_edit(stage: Stage) -> None:
    await _on_accounts(stage)
    await stage.phone.press("enter")


async def _on_accounts(stage: Stage) -> None:
    await stage.accounts()
    stage.phone.app.main.accounts.focus()
    await stage.phone.settle()


@_scene
async def account_changed_meanwhile(stage: Stage) -> None:
    await _on_accounts(stage)
    await stage.phone.press("enter")
    fields: dict[str, str | int | bool | None] = {"display_name": "Alice"}
    await stage.engine.client.ask(EditAccount(name="work", fields=fields))
    await stage.phone.settle()
    await stage.phone.press("x", "ctrl+s")


@_scene
async def account_test(stage: Stage) -> None:
    await _on_accounts(stage)
    stage.engine.refuse_connection("work", CauseKind.CERTIFICATE_EXPIRED)
    await stage.phone.press("t")
    await stage.phone.sees("It fails at")
    # The account registers again after a test, and fails again.
    await stage.phone.until(lambda: stage.standing("work") is RegistrationState.FAILED)


@_scene
async def lock_of_a_call(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.active()
    stage.engine.statistics(call)
    await stage.phone.press("l")


@_scene
async def lock_of_an_open_call(stage: Stage) -> None:
    await stage.accounts()
    await stage.engine.add_account("old", transport="udp", domain="pbx.old.example.com")
    call = await stage.engine.call("300", account="old")
    stage.engine.remote_answers(call)
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    await stage.phone.press("l")


@_scene
async def lock_of_a_dtls_call(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.dialled()
    stage.engine.remote_answers(call, keying=Keying.DTLS)
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    await stage.phone.press("l")
    await stage.phone.sees("Words to compare by voice")


@_scene
async def lock_of_an_account(stage: Stage) -> None:
    await _on_accounts(stage)
    await stage.phone.press("l")


@_scene
async def lock_of_an_open_account(stage: Stage) -> None:
    await stage.accounts()
    await stage.engine.add_account("old", transport="udp", domain="pbx.old.example.com")
    stage.phone.app.main.accounts.focus()
    stage.phone.app.main.accounts.select("old")
    await stage.phone.press("l")


@_scene
async def lock_of_a_past_call(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    stage.phone.app.main.log_pane.rows.focus()
    await stage.phone.press("home", "l")


SELF_SIGNED = "no authority that is trusted issued the server's certificate"


def server_of_work(stage: Stage, **seen: object) -> None:
    """Show a chain at the server of “work” that no authority vouches for."""
    host = "pbx.work.example.com"
    report = facts.server(host, problems=(stage.theirs(SELF_SIGNED),))
    stage.engine.shows_certificates(host, replace(report, **seen))


async def _distrusted(stage: Stage, **seen: object) -> None:
    stage.engine.refuse_connection("work", CauseKind.CERTIFICATE_UNTRUSTED)
    server_of_work(stage, **seen)
    await _on_accounts(stage)


async def _pinned_to(stage: Stage, key: str) -> None:
    await stage.engine.client.ask(EditAccount(name="work", fields={"pin": key}))
    stage.clock.advance(40 * _DAY_S)
    await stage.phone.settle()


@_scene
async def trust(stage: Stage) -> None:
    await _distrusted(stage)
    await stage.phone.press("P")


@_scene
async def trust_changed(stage: Stage) -> None:
    await _distrusted(stage)
    await _pinned_to(stage, "ab" * 32)
    await stage.phone.press("P")


@_scene
async def trust_pinned(stage: Stage) -> None:
    server_of_work(stage)
    await _on_accounts(stage)
    await _pinned_to(stage, facts.tls_to("pbx.work.example.com").chain[0].key_sha256)
    await stage.phone.press("P")


@_scene
async def trust_refused(stage: Stage) -> None:
    await _distrusted(stage, problems=(), refused=("the server's key is too short: RSA 1024",))
    await stage.phone.press("P")


@_scene
async def trust_of_a_usual_server(stage: Stage) -> None:
    await _on_accounts(stage)
    await stage.phone.press("P")


@_scene
async def trust_unreachable(stage: Stage) -> None:
    words = "the server does not speak TLS on this port"
    stage.engine.shows_no_certificate("pbx.work.example.com", words)
    await _on_accounts(stage)
    await stage.phone.press("P")


@_scene
async def trust_accept(stage: Stage) -> None:
    await trust(stage)
    await stage.phone.press("enter")


@_scene
async def trust_replace(stage: Stage) -> None:
    await trust_changed(stage)
    await stage.phone.press("A")


@_scene
async def trust_take_away(stage: Stage) -> None:
    await trust_pinned(stage)
    await stage.phone.press("delete")


@_scene
async def devices(stage: Stage) -> None:
    await stage.accounts()
    await stage.phone.press("v")


@_scene
async def settings(stage: Stage) -> None:
    await stage.accounts()
    await stage.phone.press("comma")


@_scene
async def settings_number(stage: Stage) -> None:
    await at_setting(stage, "audio.jitter_ms")
    await stage.phone.press("enter")
    await stage.phone.type("0000")
    await stage.phone.press("enter")


async def at_setting(stage: Stage, label: str) -> None:
    """Open the settings, with the cursor on the one of this name in the file."""
    await stage.accounts()
    await stage.phone.press("comma")
    box = stage.phone.app.screen
    assert isinstance(box, Settings)
    while getattr(box.rows.selected, "key", None) != label:
        before = box.rows.cursor
        await stage.phone.press("down")
        assert box.rows.cursor != before, f"there is no setting {label}"


@_scene
async def keys(stage: Stage) -> None:
    await stage.accounts()
    await stage.phone.press("comma", "end", "enter")


@_scene
async def newkey(stage: Stage) -> None:
    await stage.accounts()
    await stage.phone.press("comma", "end", "enter", "enter")


@_scene
async def themes(stage: Stage) -> None:
    await stage.accounts()
    folder = stage.engine.paths.config / "themes"
    folder.mkdir()
    (folder / "mine.toml").write_text('title = "Mine"\n[colors]\nbackground = "#00000"\n')
    await stage.phone.press("T")


@_scene
async def events(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.active()
    stage.engine.remote_hangs_up(call)
    await stage.phone.until(lambda: not stage.phone.app.state.live)
    await stage.phone.press("E")


@_scene
async def events_search(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("E", "slash")
    await stage.phone.type("home")


@_scene
async def event(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.active()
    stage.engine.remote_hangs_up(call)
    await stage.phone.until(lambda: not stage.phone.app.state.live)
    await stage.phone.press("E", "enter")


@_scene
async def log(stage: Stage) -> None:
    await stage.accounts()
    stage.engine.paths.log.write_text(
        "2026-03-14 14:31:58,120 INFO    voip.engine.engine: Offhook 0.1.0 is up, process 4711\n"
        "2026-03-14 14:31:59,004 WARNING voip.engine.registrations: account home: 403 Forbidden\n"
        f"2026-03-14 14:32:00,500 INFO    voip.engine.calls: {stage.theirs('Front desk')} calls\n"
        "2026-03-14 14:32:01,250 ERROR   voip.engine.workers: a worker died; it is started again\n"
    )
    await stage.phone.press("L")


@_scene
async def guide(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.press("question_mark")


async def _written(stage: Stage) -> None:
    """Texts with two people, one of whom has not been read."""
    await stage.accounts()
    bob = stage.address("Bob", "bob")
    await stage.engine.text_comes(stage.theirs("Lunch?\nAt the usual place"), remote=bob)
    await stage.engine.client.get(
        SendMessage(target="sip:bob@example.com", text="In ten minutes", account="work"),
        TextMessage,
    )
    await stage.engine.text_comes(stage.theirs("Good"), remote=bob)
    stage.engine.script.text_answer = (405, "Method Not Allowed")
    await stage.engine.client.get(
        SendMessage(target="200", text="The parcel is here", account="work"), TextMessage
    )
    await stage.phone.until(lambda: stage.phone.app.state.unread == 2)


@_scene
async def main_texts(stage: Stage) -> None:
    await _written(stage)


@_scene
async def lamps(stage: Stage) -> None:
    await stage.accounts()
    stage.engine.paths.contacts.mkdir(exist_ok=True)
    names = ("Ann Example", "Bob Builder", "Carol Long-Name", "Dan Unknown")
    text = "".join(
        f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL:{200 + n}\nEND:VCARD\n"
        for n, name in enumerate(names)
    )
    (stage.engine.paths.contacts / "all.vcf").write_text(text)
    fields: dict[str, str | int | bool | None] = {"lamps": "dialog"}
    await stage.engine.client.ask(EditAccount(name="work", fields=fields))
    for user, states in (("200", ()), ("201", ("early",)), ("202", ("confirmed",))):
        await stage.engine.in_calls(user, *states)
    await stage.phone.press("C")
    await stage.phone.sees("busy")


@_scene
async def people(stage: Stage) -> None:
    await stage.accounts()
    stage.engine.paths.contacts.mkdir(exist_ok=True)
    cards = (
        f"FN:{stage.theirs('Ann Example')}\nTEL;TYPE=work:+49 30 123456\n"
        "TEL;TYPE=cell:0171 5550123,,55",
        "FN:Bob Builder\nIMPP:sip:bob@elsewhere.example",
    )
    text = "".join(f"BEGIN:VCARD\nVERSION:3.0\n{card}\nEND:VCARD\n" for card in cards)
    (stage.engine.paths.contacts / "all.vcf").write_text(text)
    await stage.engine.client.ask(MarkFavourite(contact="Bob Builder"))
    call = await stage.engine.incoming("work", "<sip:+4930123456@example.com>")
    stage.engine.remote_hangs_up(call)
    await stage.engine.until_logged(call)
    await stage.phone.press("C")
    await stage.phone.sees("bob@elsewhere.example")


async def writing(stage: Stage, is_kept: bool = False) -> str:
    """Have a call in which both sides can write; what they write stays if it `is_kept`."""
    name = "kept" if is_kept else "texts"
    if stage.phone.app.state.account(name) is None:
        fields = {"realtime_text": True, "keep_realtime_text": is_kept}
        await stage.engine.add_account(name, **fields)
    address = stage.address("Front desk", "100")
    call = await stage.engine.incoming(name, address)
    await stage.engine.client.ask(AnswerCall(call=call))
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    await stage.phone.settle()
    return call


@_scene
async def realtime_text(stage: Stage) -> None:
    await stage.phone.to_main()
    call = await writing(stage)
    await stage.phone.press("K")
    await stage.phone.press("H", "e", "l", "l", "p", "backspace", "o", "enter")
    theirs = stage.theirs("Good morning, what can I do for you?")
    stage.engine.remote_types(call, f"{theirs}\u2028".encode())
    await stage.phone.sees("Hello")
    await stage.phone.press("W", "h", "o")
    stage.engine.remote_types(call, "It is \ufffd who".encode())
    await stage.phone.sees("lost]")
    await stage.phone.settle()


async def kept_text(stage: Stage) -> None:
    """Have the cursor on a call in the log whose text was kept."""
    call = await writing(stage, is_kept=True)
    await stage.engine.client.ask(SendRealtimeText(call=call, text="Good mornimg\b\bng\n"))
    theirs = stage.theirs("What can I do for you?")
    stage.engine.remote_types(call, f"{theirs}\u2028It is \ufffd who".encode())
    await stage.engine.until(RealtimeTextEvent, lambda event: event.text.endswith("who"))
    stage.engine.remote_hangs_up(call)
    await stage.engine.until_logged(call)
    stage.phone.app.main.log_pane.rows.focus()

    def is_there() -> bool:
        entry = stage.phone.app.main.context().entry
        return entry is not None and entry.id == call and entry.ended is not None

    await stage.phone.until(is_there)


@_scene
async def kepttext(stage: Stage) -> None:
    await stage.phone.to_main()
    await kept_text(stage)
    await stage.phone.press("K")
    await stage.phone.sees("you: Good morning")


@_scene
async def person(stage: Stage) -> None:
    await people(stage)
    await stage.phone.press("down", "J")
    await stage.phone.sees("Texts")


@_scene
async def newcontact(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.engine.incoming("work", stage.address("Front desk", "100"))
    stage.engine.remote_hangs_up(call)
    await stage.engine.until_logged(call)
    stage.phone.app.main.log_pane.rows.focus()
    await stage.phone.until(lambda: stage.phone.app.main.context().entry is not None)
    await stage.phone.press("A")
    await stage.phone.sees("New contact")


@_scene
async def threads(stage: Stage) -> None:
    await _written(stage)
    await stage.phone.press("M")


@_scene
async def threads_none(stage: Stage) -> None:
    await stage.accounts()
    await stage.phone.press("M")


@_scene
async def thread(stage: Stage) -> None:
    await _written(stage)
    await stage.phone.press("M")
    await stage.phone.press("down", "enter")
    await stage.phone.until(lambda: not stage.phone.app.state.unread)
