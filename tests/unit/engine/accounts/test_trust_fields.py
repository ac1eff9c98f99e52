"""Trust and client certificate of an account: fields, files, worker setup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import certifi
import keyring
import pytest
from keyring.backends import fail

from tests.support.keyfiles import encrypted
from tests.support.pki import Authority, Leaf
from voip.choices import Means
from voip.engine.accounts import fields as account_fields
from voip.engine.accounts import named_files, pinning
from voip.engine.accounts.file import AccountFile
from voip.engine.accounts.secrets import Passwords
from voip.engine.registration.setup import SetupError, setup_of
from voip.engine.trust import system_store
from voip.engine.trust.system_store import NoSystemStore
from voip.protocol.worker.accounts import ClientCertificate, Target, Trust

GOOD: dict[str, Any] = {"user": "alice", "domain": "pbx.example.com"}
PIN = "0123456789abcdef" * 4
OTHER = "f" * 64
WANTED = (
    "the SHA-256 of the server's public key is needed, 64 hexadecimal digits: “offhook trust” "
    "shows it"
)
NO_CERTIFICATE = "is for a client certificate, and there is none: name it in “client_certificate”"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"trust": "mozilla"}, {"trust": "bundle or system, not “mozilla”"}),
        ({"trust": "system", "ca_file": "/ca.pem"},
         {"trust": "beside “ca_file”, which names the only authority: leave one of them out"}),
        ({"trust": "system", "transport": "udp"}, {"trust": "for transport “tls” only"}),
        ({"pin": ""}, {"pin": "empty: leave it out to trust by authority and name"}),
        ({"pin": PIN[1:]}, {"pin": WANTED}),
        ({"pin": PIN + "0"}, {"pin": WANTED}),
        ({"pin": "g" + PIN[1:]}, {"pin": WANTED}),
        ({"pin": 5}, {"pin": "text is needed, not a number"}),
        ({"pin": PIN, "transport": "tcp"}, {"pin": "for transport “tls” only"}),
        ({"pinned_on": "yesterday"},
         {"pinned_on":
          "a time such as 2026-01-31T12:00:00Z is needed; the phone sets it with the pin"}),
        ({"pinned_with": "mouse"},
         {"pinned_with": "screen or command, not “mouse”; the phone sets it with the pin"}),
        ({"pinned_key": PIN},
         {"pinned_key": "the first 16 hexadecimal digits of the pin are needed; the phone sets "
          "it with the pin"}),
        ({"client_certificate": " "},
         {"client_certificate": "empty: leave it out, or name a file"}),
        ({"client_certificate": "/c", "transport": "udp"},
         {"client_certificate": "for transport “tls” only"}),
        ({"client_key": "/k"}, {"client_key": NO_CERTIFICATE}),
        ({"client_passphrase_file": "/p"}, {"client_passphrase_file": NO_CERTIFICATE}),
        ({"client_passphrase_command": "pass x"}, {"client_passphrase_command": NO_CERTIFICATE}),
        ({"client_certificate": "/c", "client_passphrase_command": "pass 'x"},
         {"client_passphrase_command": "a quote in it is not closed"}),
    ],
)  # fmt: skip
def test_bad_fields_of_trust(values: dict[str, Any], words: dict[str, str]) -> None:
    assert account_fields.problems({**GOOD, **values}) == words


@pytest.mark.parametrize(
    "values",
    [
        {"trust": "system"},
        {"trust": "bundle", "transport": "udp"},
        {"pin": PIN, "ca_file": "/ca.pem", "pinned_on": "2026-01-31T12:00:00Z"},
        {"pin": PIN, "pinned_by": "alice", "pinned_with": "screen", "pinned_key": PIN[:16]},
        {"pin": ":".join(PIN[i : i + 2].upper() for i in range(0, 64, 2))},
        {"client_certificate": "/c", "client_key": "/k", "client_passphrase_command": "pass x"},
    ],
)
def test_good_fields_of_trust(values: dict[str, Any]) -> None:
    assert account_fields.problems({**GOOD, **values}) == {}


# The files of a client certificate


@pytest.fixture
def client(tmp_path: Path) -> Leaf:
    leaf = Authority(tmp_path / "pki").issue("client", common_name="alice")
    leaf.key.chmod(0o600)
    return leaf


def test_a_client_certificate_and_its_key(tmp_path: Path, client: Leaf) -> None:
    certificate, key = str(client.certificate), str(client.key)
    assert named_files.problems({"client_certificate": certificate, "client_key": key}) == {}
    both = tmp_path / "both.pem"
    both.write_bytes(client.key.read_bytes() + client.certificate.read_bytes())
    both.chmod(0o600)
    assert named_files.problems({"client_certificate": str(both)}) == {}
    locked = str(encrypted(client.key, "open sesame"))
    assert named_files.problems({"client_certificate": certificate, "client_key": locked}) == {}


def test_client_files_that_cannot_be_used(tmp_path: Path, client: Leaf) -> None:
    certificate, key = str(client.certificate), str(client.key)
    other = Authority(tmp_path / "other").issue("other")
    other.key.chmod(0o600)
    cases: list[tuple[dict[str, object], dict[str, str]]] = [
        ({"client_certificate": "/nowhere"},
         {"client_certificate": "there is no file /nowhere"}),
        ({"client_certificate": key, "client_key": key},
         {"client_certificate": f"{key} holds no certificate in PEM form"}),
        ({"client_certificate": certificate, "client_key": certificate},
         {"client_key":
          f"{certificate} can be read by others: run chmod 600 {certificate}"}),
        ({"client_certificate": certificate, "client_key": str(other.key)},
         {"client_key":
          f"the key in {other.key} is not that of the certificate in {certificate}"}),
    ]  # fmt: skip
    for values, words in cases:
        assert named_files.problems(values) == words
    client.certificate.chmod(0o600)
    assert named_files.problems({"client_certificate": certificate}) == {
        "client_certificate": f"{certificate} holds no private key in PEM form"
    }
    client.key.chmod(0o640)
    assert named_files.problems({"client_certificate": certificate, "client_key": key}) == {
        "client_key": f"{key} can be read by others: run chmod 600 {key}"
    }


def test_a_key_beside_a_certificate_that_was_saved_before(tmp_path: Path, client: Leaf) -> None:
    file = AccountFile(tmp_path / "accounts.toml")
    fields = {"client_certificate": str(client.certificate), "client_key": str(client.key)}
    file.add("work", {**GOOD, **fields})
    client.key.unlink()
    # An unchanged field may be fixed later.
    assert file.edit("work", {"display_name": "Al"}).client_key == fields["client_key"]


# The note of an accepted key

NOTE = pinning.Note("1970-01-01T00:00:00Z", "alice", Means.SCREEN)
WRITTEN = {
    "pinned_on": "1970-01-01T00:00:00Z",
    "pinned_by": "alice",
    "pinned_with": "screen",
    "pinned_key": PIN[:16],
}


def test_a_pin_has_a_note_of_who_accepted_it_and_when() -> None:
    shown = PIN.upper()
    assert pinning.noted({"pin": shown}, {}, NOTE) == {"pin": PIN, **WRITTEN}
    # The same key keeps its date; clients cannot write the note.
    before = {"pin": shown, "pinned_on": "2026-01-31T12:00:00Z"}
    claimed = dict.fromkeys(WRITTEN, "x")
    assert pinning.noted({"pin": PIN, **claimed}, before, NOTE) == {"pin": PIN}
    assert pinning.noted({"pin": OTHER}, before, pinning.Note("1970-01-01T00:01:00Z", "bob")) == {
        "pin": OTHER,
        "pinned_on": "1970-01-01T00:01:00Z",
        "pinned_by": "bob",
        "pinned_with": None,
        "pinned_key": OTHER[:16],
    }
    assert pinning.noted({"pin": None}, before, NOTE) == {"pin": None, **dict.fromkeys(WRITTEN)}
    assert pinning.noted({"user": "bob"}, before, NOTE) == {"user": "bob"}


def test_a_note_is_about_the_key_that_was_accepted_and_no_other() -> None:
    account = account_fields.from_values({**GOOD, "pin": PIN.upper(), **WRITTEN})
    assert pinning.note_of(account) == NOTE
    assert pinning.accepted_on(account) == "1970-01-01"
    # A pin that the user writes into the file does not change the note.
    by_hand = account_fields.from_values({**GOOD, "pin": OTHER, **WRITTEN})
    assert pinning.note_of(by_hand) == pinning.Note()
    assert pinning.accepted_on(by_hand) == ""
    # An older file has the day alone.
    dated = account_fields.from_values({**GOOD, "pin": PIN, "pinned_on": NOTE.on})
    assert pinning.note_of(dated) == pinning.Note(NOTE.on)


def test_the_file_keeps_the_note_with_the_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinning, "login_name", lambda: "alice")
    file = AccountFile(tmp_path / "accounts.toml")
    added = file.add("work", {**GOOD, "pin": PIN.upper()}, Means.COMMAND)
    assert added.pin == PIN
    note = pinning.note_of(added)
    assert (note.by, note.means) == ("alice", Means.COMMAND)
    file.path.write_text(f"# mine\n{file.path.read_text()}")
    again = file.edit("work", {"display_name": "Al"}, means=Means.SCREEN)
    assert pinning.note_of(again) == note
    assert file.path.read_text().startswith("# mine\n")
    other = file.edit("work", {"pin": OTHER}, means=Means.SCREEN)
    assert pinning.note_of(other).means is Means.SCREEN
    # A client that does not name itself must not keep the last client's name.
    unsaid = pinning.note_of(file.edit("work", {"pin": PIN}))
    assert (unsaid.by, unsaid.means) == ("alice", None)
    gone = file.edit("work", {"pin": None})
    assert pinning.note_of(gone) == pinning.Note()
    assert "pinned" not in file.path.read_text()


# The setup sent to a worker


@pytest.fixture
def passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Passwords:
    nowhere = fail.Keyring()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(keyring, "get_keyring", lambda: nowhere)
    return Passwords(tmp_path / "passwords")


async def trust_of(passwords: Passwords, **fields: Any) -> Trust:
    account = account_fields.from_values({**GOOD, **fields})
    setup = await setup_of("work", account, "urn:uuid:1", Target("192.0.2.1", 5061), passwords)
    assert setup.trust is not None
    return setup.trust


async def test_the_authorities_that_an_account_trusts(
    passwords: Passwords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Authority(tmp_path / "store").file
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    assert (await trust_of(passwords)).ca_file == certifi.where()
    assert (await trust_of(passwords, trust="system")).ca_file == str(store)
    assert (await trust_of(passwords, ca_file="/own.pem")).ca_file == "/own.pem"
    assert (await trust_of(passwords, pin=PIN.upper())).pin == PIN
    assert (await trust_of(passwords)).pin is None


async def test_a_system_without_a_store(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
    monkeypatch.setattr(system_store, "_BUNDLES", ("/nowhere/else",))
    with pytest.raises(NoSystemStore, match="name one with ca_file"):
        system_store.find()
    with pytest.raises(SetupError, match="no file of authorities"):
        await trust_of(passwords, trust="system")


async def test_the_key_of_a_client_certificate_is_opened(
    passwords: Passwords, client: Leaf
) -> None:
    files = {"client_certificate": str(client.certificate), "client_key": str(client.key)}
    plain = await trust_of(passwords, **files, client_passphrase_command="echo not needed")
    assert plain.client == ClientCertificate(*files.values())
    locked = {**files, "client_key": str(encrypted(client.key, "open sesame"))}
    asked = await trust_of(passwords, **locked, client_passphrase_command="echo open sesame")
    assert asked.client is not None
    assert asked.client.passphrase == "open sesame"
    assert "sesame" not in repr(asked)
    with pytest.raises(SetupError, match="is encrypted, and there is no passphrase"):
        await trust_of(passwords, **locked)
    passwords.store_passphrase("work", "open says me")
    with pytest.raises(SetupError) as caught:
        await trust_of(passwords, **locked)
    assert str(caught.value) == f"the passphrase does not open the key in {locked['client_key']}"
    passwords.store_passphrase("work", "open sesame")
    assert (await trust_of(passwords, **locked)).client == asked.client
