"""Names of imported rows: those of contacts are their contacts' alone."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.standin.engine import StandIn
from tests.unit.engine.history.test_imported import ENTRY
from voip.model import NameFrom, Party
from voip.protocol.calls import GetHistory, HistoryPage
from voip.protocol.phone import CallsImported, ImportCalls

_CARDS = "".join(
    f"BEGIN:VCARD\nVERSION:4.0\nFN:{name}\nTEL:{number}\nEND:VCARD\n"
    for name, number in (("Ann Lee", "+49 30 123456"), ("Carol", "100"))
)


@pytest.mark.parametrize(
    ("name", "uri", "imitates"),
    [
        ("Ann Lee", "sip:mallory@evil.example", True),
        ("ann lее", "sip:mallory@evil.example", True),  # with letters of another script
        ("Ann Lee", "sip:+4930123456@pbx.example.com", False),
        ("Ann Lee", "sip:100@pbx.example.com", True),  # Carol's
        ("Bob", "sip:mallory@evil.example", False),
    ],
)
@pytest.mark.parametrize("name_from", [NameFrom.CLAIM, NameFrom.CONTACT])
async def test_a_contacts_name_with_another_address_is_an_imitation(
    standin: StandIn, name: str, uri: str, imitates: bool, name_from: NameFrom
) -> None:
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_CARDS)
    await standin.add_account("work", domain="pbx.example.com")
    entry = msgspec.structs.replace(ENTRY, remote=Party(uri, name, name_from=name_from))
    done = await standin.client.get(ImportCalls(rows=(entry,), preview=False), CallsImported)
    assert (done.new, done.refused) == (1, ())
    page = await standin.client.get(GetHistory(), HistoryPage)
    assert [row.remote.imitates for row in page.entries] == [imitates]
