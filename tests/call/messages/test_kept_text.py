"""Real-time text that stays in the log: read later, there after a crash, or not there."""

from __future__ import annotations

from tests.call.messages.talking import Talk, secure, talking, typed
from tests.conftest import NewPhone
from tests.support.peers.kamailio import Kamailio
from tests.support.pki import Authority
from voip.protocol.people import SendRealtimeText


async def _written(talk: Talk) -> None:
    await talk.alice.client.ask(SendRealtimeText(call=talk.a, text="Are you thx\bere?\n"))
    assert (await typed(talk.bob, "\n")).endswith("?\n")
    await talk.bob.client.ask(SendRealtimeText(call=talk.b, text="I am"))
    await typed(talk.alice, "am")


async def test_what_both_wrote_can_be_read_later(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await talking(new_phone, secure(kamailio, authority, keep_realtime_text=True))
    await _written(talk)
    await talk.alice.run("hangup", talk.a)
    for phone, call, ours in ((talk.alice, talk.a, True), (talk.bob, talk.b, False)):
        await phone.until_logged(call)
        (row,) = (await phone.json("history"))["entries"]
        assert row["realtime_text"] is True
        kept = (await phone.json("text", call, "--show"))["lines"]
        assert [(line["ours"], line["text"], line["ended"]) for line in kept] == [
            (ours, "Are you there?", True), (not ours, "I am", False),
        ]  # fmt: skip
        out, _ = await phone.run("text", call, "--show")
        first, second = ("you", "they") if ours else ("they", "you")
        assert out == (
            f"{kept[0]['time']}  {first}: Are you there?\n{kept[1]['time']}  {second}: I am\n"
        )


async def test_nothing_is_kept_that_nobody_asked_for(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await talking(new_phone, secure(kamailio, authority))
    await _written(talk)
    await talk.alice.run("hangup", talk.a)
    await talk.alice.until_logged(talk.a)
    _, err = await talk.alice.run("text", talk.a, "--show", status=1)
    assert f"no real-time text of call {talk.a} is kept" in err
    for file in talk.alice.folder.rglob("history.db*"):
        assert b"Are you th" not in file.read_bytes()


async def test_a_crash_leaves_what_was_written(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await talking(new_phone, secure(kamailio, authority, keep_realtime_text=True))
    await talk.alice.client.ask(SendRealtimeText(call=talk.a, text="Are you there?\n"))
    await typed(talk.bob, "\n")
    process = talk.alice.process
    assert process is not None
    await talk.alice.detach()
    process.kill()
    await process.wait()
    await talk.alice.start()
    out, _ = await talk.alice.run("text", talk.a, "--show")
    assert out.endswith("  you: Are you there?\n")
