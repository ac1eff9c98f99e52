from __future__ import annotations

import pytest

from tui.accounts import draft
from voip.choices import AutoAnswer, CallWaiting, Dtmf, Lamps, Prack, SessionTimer
from voip.engine.accounts import pinning
from voip.engine.accounts.fields import Account
from voip.protection import Authorities, Digest, Keying, Transport
from voip.protocol.accounts import AccountFields

_ALICE: dict[str, draft.Value] = {"user": "alice", "domain": "pbx.example.com"}


def _account(problem: str | None = None, **fields: draft.Value) -> AccountFields:
    return AccountFields(name="work", fields={**_ALICE, **fields}, problem=problem)


def _typed(**fields: draft.Value) -> draft.Typed:
    return draft.typed({**_ALICE, **fields})


def test_the_form_asks_for_every_field_but_the_notes_of_the_engine() -> None:
    asked_for = [*draft.USUAL, *draft.MORE]
    assert asked_for == list(draft.FIELDS)
    noted = pinning.noted({"pin": "a" * 64}, {}, pinning.Note()).keys() - {"pin"}
    assert {field.name for field in asked_for} == set(Account.__struct_fields__) - noted


def test_a_choice_of_the_form_says_what_each_value_means() -> None:
    meanings = [words for field in draft.FIELDS for _, words in field.choices]
    choices = (
        *(Transport, Authorities, Keying, Digest, Transport, CallWaiting, AutoAnswer),
        *(Dtmf, SessionTimer, Prack, Lamps),
    )
    assert len(meanings) == sum(len(choice) for choice in choices)
    assert all(meanings)


def test_what_is_usual_is_not_written() -> None:
    assert draft.fields(_typed()) == _ALICE
    assert draft.fields(_typed(transport="udp", register=False, expires_s=60)) == {
        **_ALICE, "transport": "udp", "register": False, "expires_s": 60,
    }  # fmt: skip


def test_spaces_around_are_not_meant() -> None:
    assert draft.fields(_typed(user=" alice ", server="  ")) == _ALICE


def test_a_number_is_one_only_where_it_was_typed_as_one() -> None:
    for text, value in (("120", 120), ("2 min", "2 min"), ("٣٠٠", "٣٠٠"), ("-5", "-5")):
        assert draft.fields({**_typed(), "expires_s": text})["expires_s"] == value


def test_an_edit_says_only_what_changed() -> None:
    account = _account(transport="tls", server="a.example.com", display_name="Alice")
    shown = draft.typed(account.fields)
    assert draft.changes(account, shown) == {}
    shown |= {"server": "", "display_name": "Alice B.", "enabled": False}
    assert draft.changes(account, shown) == {
        "server": None, "display_name": "Alice B.", "enabled": False,
    }  # fmt: skip


def test_back_to_the_default_takes_the_field_out() -> None:
    account = _account(transport="udp", register=False)
    shown = draft.typed(account.fields) | {"transport": "tls", "register": True}
    assert draft.changes(account, shown) == {"transport": None, "register": None}


def test_a_field_that_was_not_touched_stays_as_it_is_in_the_file() -> None:
    account = _account(display_name="Alice\u200b")
    shown = draft.typed(account.fields)
    assert shown["display_name"] == "Alice\N{REPLACEMENT CHARACTER}"
    assert draft.changes(account, shown) == {}


def test_saving_an_account_with_a_problem_mends_what_no_form_can_show() -> None:
    account = _account("“register”: …", transport="tls", register="yes", expires_s=True)
    shown = draft.typed(account.fields) | {"expires_s": "300"}
    expected = draft.changes(account, shown)
    assert expected["register"] is None
    assert expected["expires_s"] is None
    assert expected["server"] is None, "it may be a list, which the engine does not tell"
    assert "transport" not in expected
    assert "user" not in expected


def test_control_characters_of_a_file_are_not_drawn() -> None:
    assert draft.typed({"user": "a\x1b[2Jb\n"})["user"] == "a\ufffd[2Jb\ufffd"


@pytest.mark.parametrize(
    ("text", "domain", "expected"),
    [
        ("alice@pbx.example.com", "", ("alice", "pbx.example.com")),
        (" sip:alice@pbx.example.com ", "", ("alice", "pbx.example.com")),
        ("<SIPS:alice@pbx.example.com>", "", ("alice", "pbx.example.com")),
        ("alice@pbx.example.com", "PBX.example.com", ("alice", "pbx.example.com")),
        ("a@corp@pbx.example.com", "", ("a@corp", "pbx.example.com")),
        ("alice@corp", "pbx.example.com", None),
        ("alice", "", None),
        ("alice@", "", None),
        ("@pbx.example.com", "", None),
    ],
)
def test_a_whole_address_is_user_and_domain(
    text: str, domain: str, expected: tuple[str, str] | None
) -> None:
    assert draft.split_address(text, domain) == expected


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("pbx.example.com", "example"),
        ("sip.example.co.uk", "example"),
        ("fritz.box", "fritz"),
        ("sip.pbx.net", "sip"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::7]", "2001-db8-7"),
        ("echo.example", "echo-2"),
        ("bücher.example", "b-cher"),
        ("Взлёт.рф", "account"),
        ("", "account"),
        (f"{'a' * 60}.example", "a" * 29),
    ],
)
def test_a_name_is_proposed_from_the_domain(domain: str, name: str) -> None:
    assert draft.propose_name(domain, ()) == name


def test_a_proposed_name_is_free() -> None:
    assert draft.propose_name("pbx.example.com", ["example", "example-2"]) == "example-3"


def test_a_password_that_would_not_be_used_is_refused() -> None:
    assert draft.own_problems(_typed(), "secret") == {}
    assert draft.own_problems(_typed(password_file="/x"), "") == {}
    expected = draft.own_problems(_typed(password_command="pass show x"), "secret")
    assert "while a password command is set" in expected["password"]
