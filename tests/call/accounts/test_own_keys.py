"""DTLS certificates of accounts, and which calls they link."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.call.calls.test_compared import comparison, decide, hang_up, has_words, words
from tests.conftest import NewPhone
from tests.support.network.ports import LOOPBACK
from tests.support.peers.farend import FarEnd
from tests.support.peers.kamailio import Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState
from voip.protection import Compared, Sign
from voip.protocol.accounts import RegisterAccount
from voip.protocol.calls import AnswerCall


async def test_a_phone_that_was_started_again_is_the_one_that_was_compared(
    kamailio: Kamailio, authority: Authority, new_phone: NewPhone
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await phone.add_secure(
            user, LOOPBACK, kamailio.tls_port, authority.file, media_keying="dtls"
        )
        await phone.until_registered(user)

    async def talk(caller: Phone, callee: Phone, user: str) -> tuple[str, str]:
        since = len(callee.events)
        call = await caller.call(user)
        ringing = await callee.until_call(lambda c: c.state is CallState.INCOMING, since)
        await callee.client.ask(AnswerCall(call=ringing.id))
        for phone, number in ((caller, call), (callee, ringing.id)):
            await has_words(phone, number)
        return call, ringing.id

    first, theirs = await talk(alice, bob, "bob")
    before = (await words(alice, first)).words
    for phone, call in ((alice, first), (bob, theirs)):
        assert comparison(await decide(phone, call, equal=True)) == (Compared.EQUAL, Sign.SEALED)
    await hang_up(alice, first)
    await bob.until_logged(theirs)
    for phone, user in ((bob, "bob"), (alice, "alice")):
        await _restart(phone, user)
    # Each is called once and calls once: both ends of a handshake show their own.
    for caller, callee, user in ((alice, bob, "bob"), (bob, alice, "alice")):
        ours, theirs = await talk(caller, callee, user)
        for phone, call in ((caller, ours), (callee, theirs)):
            code = await words(phone, call)
            assert code.words == before
            assert code.comparison is not None
            assert code.comparison.state is Compared.REMEMBERED
        await hang_up(caller, ours)
        await callee.until_logged(theirs)
    for phone, user in ((alice, "alice"), (bob, "bob")):
        await _says_nothing_of_its_key(phone, user)


async def test_accounts_cannot_be_told_to_be_one_person_s_and_a_hidden_one_not_again(
    authority: Authority, new_phone: NewPhone, far: FarEnd
) -> None:
    phone = await new_phone()
    users = ("alice", "anne", "hidden")
    for user in users:
        await phone.add_secure(
            user, far.server.host, far.server.port, authority.file,
            media_keying="dtls", hide_identity=user == "hidden",
        )  # fmt: skip
        await phone.until_registered(user)
    first = {user: await _announced(phone, far, user) for user in users}
    assert len(set(first.values())) == len(users)
    assert await _announced(phone, far, "alice") == first["alice"]
    await _restart(phone, *users)
    second = {user: await _announced(phone, far, user) for user in users}
    assert {user for user in users if second[user] == first[user]} == {"alice", "anne"}
    assert second["hidden"] not in first.values()


async def test_a_key_that_is_damaged_is_reported_and_no_other_is_shown(
    authority: Authority, new_phone: NewPhone, far: FarEnd
) -> None:
    phone = await new_phone()
    await phone.add_secure(
        "alice", far.server.host, far.server.port, authority.file, media_keying="dtls"
    )
    await phone.until_registered("alice")
    before = await _announced(phone, far, "alice")
    await phone.stop()
    kept = _key_file(phone, "alice").read_bytes()
    _key_file(phone, "alice").write_bytes(kept[:-200])
    since = len(phone.events)
    await phone.start()
    _, said = await phone.run("call", "bob", "--account", "alice", status=None)
    assert "is damaged, and no call shows its key" in said
    assert _key_file(phone, "alice").read_bytes() == kept[:-200]
    # A copy is used at once, without a restart.
    _key_file(phone, "alice").write_bytes(kept)
    await phone.client.ask(RegisterAccount(account="alice"))
    await phone.until_registered("alice", since)
    assert await _announced(phone, far, "alice") == before


async def _restart(phone: Phone, *users: str) -> None:
    since = len(phone.events)
    await phone.stop()
    await phone.start()
    for user in users:
        status = {a.name: a for a in (await phone.status()).accounts}[user]
        if status.registration.state.value != "registered":
            await phone.until_registered(user, since)


async def _announced(phone: Phone, far: FarEnd, user: str) -> str:
    """Fingerprint in the offer of a call that is refused."""
    call = await phone.call("bob", account=user)
    await far.invited()
    fingerprint = re.search(r"a=fingerprint:SHA-256 (\S+)", far.offered.body)
    assert fingerprint is not None
    far.refuses(486, "Busy Here")
    await phone.until_logged(call)
    return fingerprint[1]


async def _says_nothing_of_its_key(phone: Phone, user: str) -> None:
    pem = json.loads(_key_file(phone, user).read_text())["pem"]
    secret = pem.split("-----BEGIN PRIVATE KEY-----")[1].split()
    assert len(secret) > 2
    said = [phone.log, "".join(str(event) for event in phone.events)]
    for asked in (("doctor",), ("status",), ("account", "list"), ("compared",)):
        said.append((await phone.run(*asked, "--json", status=None))[0])
    said.append((await phone.run("history", "--export", "json"))[0])
    said += [
        Path(f"/proc/{pid}/{what}").read_bytes().decode(errors="replace")
        for pid in phone.worker_pids()
        for what in ("cmdline", "environ")
    ]
    for text in said:
        assert text
        assert not any(line in text for line in secret[:-1]), text


def _key_file(phone: Phone, user: str) -> Path:
    return phone.folder / "state" / "keys" / f"{user}.json"
