"""Trust and client certificates of accounts, with Kamailio and OpenSSL."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NewPhone
from tests.support.keyfiles import encrypted, pin_of
from tests.support.network.ports import LOOPBACK
from tests.support.peers.hostile import HostileServer, own_host, registrar
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.peers.opensslserver import OpensslServer, self_made
from tests.support.phone import Phone
from tests.support.pki import Authority, Leaf
from voip.causes import CauseKind
from voip.engine.accounts import pinning
from voip.model import AccountStatus, CallState, RegistrationState
from voip.protection import LockReport
from voip.protocol.accounts import AccountEvent, EditAccount, RegisterAccount
from voip.protocol.calls import AnswerCall, HangUp
from voip.protocol.phone import NoticeEvent
from voip.protocol.trust import GetLock, InspectServer, ServerReport
from voip.sip.sentences import fingerprint

_DAY = datetime.timedelta(days=1)
_SELF_SIGNED = "the server's certificate is self-signed: no authority that is trusted issued it"


async def add(phone: Phone, user: str, port: int, **fields: Any) -> None:
    """Add a TLS account at a server on this machine, named like its user."""
    await phone.add(
        user, password=f"secret-{user}", user=user, domain=DOMAIN, server=f"{LOOPBACK}:{port}",
        **fields,
    )  # fmt: skip


async def outcome(phone: Phone, name: str, since: int = 0) -> AccountStatus:
    settled = (RegistrationState.REGISTERED, RegistrationState.FAILED)
    event = await phone.until(
        AccountEvent,
        lambda e: e.account.name == name and e.account.registration.state in settled,
        since,
    )
    return event.account


async def refusal(phone: Phone, name: str) -> CauseKind:
    account = await outcome(phone, name)
    assert account.registration.state is RegistrationState.FAILED, account
    assert account.registration.cause is not None
    return account.registration.cause.kind


async def serve(place: Path, leaf: Leaf, **more: Any) -> Kamailio:
    server = Kamailio(place / f"kamailio-{leaf.certificate.stem}", leaf, **more)
    await server.start()
    return server


async def test_the_system_s_store_is_for_accounts_that_say_so(
    place: Path, kamailio: Kamailio, authority: Authority
) -> None:
    phone = Phone(place / "p")
    phone.environment["SSL_CERT_FILE"] = str(authority.file)
    await phone.start()
    await add(phone, "alice", kamailio.tls_port, trust="system")
    await add(phone, "bob", kamailio.tls_port)
    await add(phone, "carol", kamailio.tls_port, ca_file=str(authority.file))
    assert await refusal(phone, "bob") is CauseKind.CERTIFICATE_UNTRUSTED
    for name in ("alice", "carol"):
        account = await phone.until_registered(name)
        assert account.tls is not None
        assert (account.tls.verified, account.tls.pinned) == (True, False)
    await phone.stop()


@pytest.fixture
async def strict(place: Path, authority: Authority) -> AsyncIterator[Kamailio]:
    """A server that requires a client certificate."""
    leaf = authority.issue("strict", addresses=[LOOPBACK])
    server = await serve(place, leaf, clients=authority.file)
    yield server
    await server.stop()


def client(authority: Authority, label: str = "client") -> Leaf:
    leaf = authority.issue(label, common_name="alice", client_only=True)
    leaf.key.chmod(0o600)
    return leaf


async def test_a_server_that_requires_a_client_certificate(
    place: Path, strict: Kamailio, authority: Authority, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    trust = {"ca_file": str(authority.file)}
    good = client(authority)
    shown = {"client_certificate": str(good.certificate), "client_key": str(good.key)}
    await add(phone, "alice", strict.tls_port, **trust, **shown)
    await phone.until_registered("alice")
    locked = encrypted(good.key, "open sesame")
    await add(
        phone, "bob", strict.tls_port, **trust, client_certificate=str(good.certificate),
        client_key=str(locked), client_passphrase_command="echo open sesame",
    )  # fmt: skip
    await phone.until_registered("bob")
    await add(phone, "carol", strict.tls_port, **trust)
    assert await refusal(phone, "carol") is CauseKind.CLIENT_CERTIFICATE_WANTED
    # The server's own certificate is not the problem.
    assert not (await outcome(phone, "carol")).distrusted
    wrong = client(Authority(place / "others", "Others"))
    await add(
        phone, "dave", strict.tls_port, **trust, client_certificate=str(wrong.certificate),
        client_key=str(wrong.key),
    )  # fmt: skip
    assert await refusal(phone, "dave") is CauseKind.CLIENT_CERTIFICATE_REFUSED
    await add(
        phone, "erin", strict.tls_port, **trust, client_certificate=str(good.certificate),
        client_key=str(locked), client_passphrase_command="echo open says me",
    )  # fmt: skip
    assert await refusal(phone, "erin") is CauseKind.TRUST_SETUP
    words = (await outcome(phone, "erin")).registration.reason
    assert words == f"the passphrase does not open the key in {locked}"
    for secret in ("open sesame", "open says me"):
        assert secret not in phone.log
        assert secret not in str([event.event for event in phone.events])


async def test_a_passphrase_from_standard_input_is_kept_and_used(
    strict: Kamailio, authority: Authority, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    good = client(authority)
    _, err = await phone.run(
        "account", "add", "alice", "--user", "alice", "--domain", DOMAIN,
        "--server", f"{LOOPBACK}:{strict.tls_port}", "--ca-file", str(authority.file),
        "--client-certificate", str(good.certificate),
        "--client-key", str(encrypted(good.key, "open sesame")),
        "--password-stdin", "--client-passphrase-stdin",
        text="secret-alice\nopen sesame\n",
    )  # fmt: skip
    await phone.until_registered("alice")
    place = phone.folder / "config" / "passwords" / "client-key@alice"
    assert f"the passphrase is kept in {place} (there is no keyring)" in err


async def test_a_self_signed_server_is_pinned(place: Path, new_phone: NewPhone) -> None:
    server = await serve(place, self_made(place / "pbx", LOOPBACK, "-newkey", "rsa:2048"))
    phone = await new_phone()
    await add(phone, "alice", server.tls_port)
    assert await refusal(phone, "alice") is CauseKind.CERTIFICATE_SELF_SIGNED
    assert (await outcome(phone, "alice")).distrusted
    key = pin_of(place / "pbx" / "self.pem")
    out, _ = await phone.run("trust", f"{LOOPBACK}:{server.tls_port}", status=1)
    assert f"WRONG  {_SELF_SIGNED}" in out
    assert fingerprint(key) in out
    position = len(phone.events)
    await phone.run("trust", LOOPBACK, "--pin", key)
    account = await phone.until_registered("alice", position)
    assert account.tls is not None
    assert account.tls.pinned
    report = await phone.json("account", "check", "alice")
    step = next(step for step in report["steps"] if step["step"] == "certificate")
    assert step["text"].startswith("its key is pinned, accepted on ")
    lock = await phone.client.get(GetLock(account="alice"), LockReport)
    assert "the key that this account is pinned to" in lock.meaning[2]
    assert any("the key that this account is pinned to" in fact.evidence for fact in lock.facts)
    await server.stop()


async def test_a_pinned_server_with_another_key_gets_no_byte_of_sip(
    place: Path, new_phone: NewPhone
) -> None:
    before = self_made(place / "before", LOOPBACK, "-newkey", "rsa:2048")
    after = self_made(place / "after", LOOPBACK, "-newkey", "rsa:2048")
    kamailio = await serve(place, before)
    phone = await new_phone()
    await add(phone, "alice", kamailio.tls_port, pin=pin_of(before.certificate))
    await phone.until_registered("alice")
    await kamailio.stop()
    # An impostor takes its place, and would print all that it receives.
    impostor = OpensslServer(after, port=kamailio.tls_port)
    await impostor.start()
    await phone.client.ask(RegisterAccount(account="alice"))
    stopped = await phone.until(
        NoticeEvent, lambda e: e.text.startswith("account alice has stopped: ")
    )
    for shown in (before, after):
        assert fingerprint(pin_of(shown.certificate)) in stopped.text
    today = datetime.datetime.now(datetime.UTC).date()
    assert f"the one that was accepted on {today}. " in stopped.text
    report = await phone.client.get(InspectServer(account="alice"), ServerReport)
    assert (report.pinned_by, report.pinned_with) == (pinning.login_name(), None)
    place_of = f"{LOOPBACK}:{kamailio.tls_port}"
    assert f"“offhook trust {place_of} --account alice”" in stopped.text
    # Registering by hand is refused too.
    position = len(phone.events)
    await phone.client.ask(RegisterAccount(account="alice"))
    await phone.until(NoticeEvent, lambda e: "has stopped" in e.text, position)
    assert "REGISTER" not in impostor.output
    assert "SIP/2.0" not in impostor.output
    # The new key is accepted: now REGISTER is sent.
    await phone.run("trust", place_of, "--pin", pin_of(after.certificate))
    await impostor.until("REGISTER sip:")
    await impostor.stop()


async def talking(alice: Phone, bob: Phone, server: Kamailio, trust: dict[str, Any]) -> str:
    """Call from alice, pinned to the server's key, to bob; return its id."""
    await add(alice, "alice", server.tls_port, **trust)
    await add(bob, "bob", server.tls_port, ca_file=trust["ca_file"])
    for phone, name in ((alice, "alice"), (bob, "bob")):
        await phone.until_registered(name)
    call = await alice.call("bob")
    ringing = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=ringing.id))
    await alice.until_call(lambda c: c.id == call and c.lock.closed)
    return call


@pytest.mark.parametrize("pin", ["0" * 64, None])
async def test_a_call_ends_at_both_ends_when_the_pin_changes_or_goes(
    kamailio: Kamailio, authority: Authority, place: Path, new_phone: NewPhone, pin: str | None
) -> None:
    alice, bob = await new_phone("a"), await new_phone("b")
    key = pin_of(place / "pki" / "kamailio.pem")
    call = await talking(alice, bob, kamailio, {"ca_file": str(authority.file), "pin": key})
    await alice.client.ask(EditAccount(name="alice", fields={"pin": pin}))
    await alice.until_state(call, CallState.ENDED)
    await bob.until_call(lambda c: c.state is CallState.ENDED)


async def test_a_call_goes_on_while_its_account_is_stopped_and_ends_without_a_byte_of_sip(
    authority: Authority, place: Path, new_phone: NewPhone
) -> None:
    leaf = authority.issue("kamailio", dns=[DOMAIN], addresses=[LOOPBACK])
    server = await serve(place, leaf)
    alice, bob = await new_phone("a"), await new_phone("b")
    trust = {"ca_file": str(authority.file), "pin": pin_of(leaf.certificate)}
    call = await talking(alice, bob, server, trust)
    await server.stop()
    impostor = OpensslServer(
        self_made(place / "after", LOOPBACK, "-newkey", "rsa:2048"), port=server.tls_port
    )
    await impostor.start()
    await alice.client.ask(RegisterAccount(account="alice"))
    await alice.until(NoticeEvent, lambda e: "account alice has stopped" in e.text)
    (now,) = (await alice.status()).calls
    assert (now.state, now.lock.closed) == (CallState.ACTIVE, False)
    await alice.client.ask(HangUp(call=call))
    await alice.until_state(call, CallState.ENDED)
    assert "SIP/2.0" not in impostor.output
    await impostor.stop()


async def test_a_pinned_certificate_that_has_expired_is_accepted_and_told(
    place: Path, authority: Authority, new_phone: NewPhone
) -> None:
    leaf = authority.issue("expired", addresses=[LOOPBACK], starts_in=-9 * _DAY, lasts=2 * _DAY)
    server = await serve(place, leaf)
    phone = await new_phone()
    await add(phone, "alice", server.tls_port, ca_file=str(authority.file))
    assert await refusal(phone, "alice") is CauseKind.CERTIFICATE_EXPIRED
    await add(phone, "bob", server.tls_port, pin=pin_of(leaf.certificate))
    account = await phone.until_registered("bob")
    assert account.warning is not None
    assert account.warning.startswith("cert has expired on ")
    assert account.warning.endswith("accepted all the same, because its key is pinned")
    await phone.until(NoticeEvent, lambda e: e.text == f"account bob: {account.warning}")
    await server.stop()


async def test_accounts_with_different_trust_at_one_host(
    kamailio: Kamailio, authority: Authority, place: Path, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    trust = {"ca_file": str(authority.file)}
    await add(phone, "alice", kamailio.tls_port, **trust)
    await phone.until_registered("alice")
    await add(phone, "bob", kamailio.tls_port)
    assert await refusal(phone, "bob") is CauseKind.CERTIFICATE_UNTRUSTED
    await add(phone, "carol", kamailio.tls_port, pin=pin_of(place / "pki" / "kamailio.pem"))
    carol = await phone.until_registered("carol")
    await add(phone, "dave", kamailio.tls_port, **trust, pin="0" * 64)
    assert await refusal(phone, "dave") is CauseKind.STOPPED_FOR_KEY
    assert carol.tls is not None
    assert carol.tls.pinned
    (alice, *_) = (await phone.status()).accounts
    assert alice.registration.state is RegistrationState.REGISTERED
    assert alice.tls is not None
    assert not alice.tls.pinned


async def test_accounts_with_different_trust_never_share_a_connection(
    authority: Authority, new_phone: NewPhone
) -> None:
    host = own_host()
    leaf = authority.issue("shared", addresses=[host])
    server = HostileServer(host, registrar, leaf)
    await server.start()
    phone = await new_phone()
    trusts: dict[str, dict[str, Any]] = {
        "alice": {"ca_file": str(authority.file)},
        "bob": {"ca_file": str(authority.file), "allow_wildcard": True},
        "carol": {"pin": pin_of(leaf.certificate)},
        "dave": {},
    }
    for user, trust in trusts.items():
        await phone.add(user, user=user, domain=DOMAIN, server=f"{host}:{server.port}", **trust)
        await outcome(phone, user)
    users = [
        {message.get("From").split("sip:")[1].split("@")[0] for message in connection.messages}
        for connection in server.connections
    ]
    assert sorted(map(sorted, filter(None, users))) == [["alice"], ["bob"], ["carol"]]
    await server.stop()
