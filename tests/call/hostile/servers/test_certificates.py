"""Every kind of server certificate, and the reason given for it.

Names are checked by RFC 5922 section 7 against the account's server;
the other faults OpenSSL finds and the phone puts into words.
"""

from __future__ import annotations

import datetime
import itertools
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.call.hostile.stage import Stage
from tests.support.pki import Authority, Leaf
from voip.model import Outcome, RegistrationState
from voip.protocol.accounts import AccountEvent

pytestmark = pytest.mark.asyncio(loop_scope="session")

_DAY = datetime.timedelta(days=1)
_NAME = "pbx.hostile.test"
_LONG_NAME = f"{'long-' * 11}name.hostile.test"
_PUNYCODE = "xn--bcher-kva.hostile.test"

_NUMBERS = itertools.count(1)


class Shop:
    """Makes one case's certificates below the authority the phone trusts."""

    def __init__(self, trusted: Authority, host: str, folder: Path) -> None:
        self.trusted = trusted
        self.host = host
        self._folder = folder / f"shop-{next(_NUMBERS)}"

    def leaf(self, issuer: Authority | None = None, **fields: Any) -> Leaf:
        """A certificate for the server's address, unless other names are given."""
        if not fields.keys() & {"dns", "addresses", "uris", "common_name"}:
            fields["addresses"] = [self.host]
        return (issuer or self.trusted).issue(f"leaf-{next(_NUMBERS)}", **fields)

    def weak_leaf(self, issuer: Authority | None = None, **fields: Any) -> Leaf:
        return (issuer or self.trusted).issue_weakly(f"weak-{next(_NUMBERS)}", self.host, **fields)

    def authority(self, name: str | None = None, **fields: Any) -> Authority:
        number = next(_NUMBERS)
        return Authority(self._folder / str(number), name or f"Middle {number}", **fields)

    def middle(self, **fields: Any) -> Authority:
        return self.authority(**{"parent": self.trusted} | fields)

    def row(self, size: int) -> Authority:
        """The last of `size` authorities, each below the one before."""
        last = self.trusted
        for _ in range(size):
            last = self.middle(parent=last)
        return last


Make = Callable[[Shop], Leaf]


@dataclass(frozen=True)
class Bad:
    """A certificate that is refused with these words."""

    make: Make
    words: str
    dialled: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3


@dataclass(frozen=True)
class Good:
    make: Make
    dialled: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)


_OTHER_NAME = "is for another name than"
_UNTRUSTED = "no authority that is trusted issued"
_WILD = {"allow_wildcard": True}

BAD = {
    # Issuer
    "self-signed": Bad(lambda s: s.leaf(self_signed=True), _UNTRUSTED),
    "self-signed with the name of the authority": Bad(
        lambda s: s.leaf(self_signed=True, subject=s.trusted.name), _UNTRUSTED
    ),
    "another authority": Bad(lambda s: s.leaf(s.authority("Other")), _UNTRUSTED),
    "another authority of the same name": Bad(
        lambda s: s.leaf(s.authority("Test Authority")), "is not signed by its issuer"
    ),
    "the intermediate is not sent": Bad(
        lambda s: s.leaf(s.middle(), sends_chain=False), _UNTRUSTED
    ),
    "the intermediate has expired": Bad(
        lambda s: s.leaf(s.middle(starts_in=-9 * _DAY, lasts=2 * _DAY)), "expired"
    ),
    "the intermediate may not issue": Bad(
        lambda s: s.leaf(s.middle(is_authority=False)), "by one that may not issue others"
    ),
    "issued by a server's certificate": Bad(
        lambda s: s.leaf(s.middle(is_authority=None)), "by one that may not issue others"
    ),
    "more intermediates than one of them allows": Bad(
        lambda s: s.leaf(s.middle(parent=s.middle(path_length=0))), "chain is too long"
    ),
    "an authority for other names": Bad(
        lambda s: s.leaf(s.middle(permitted=["other.test"]), dns=[_NAME]),
        "may not issue for this name", dialled=_NAME,
    ),
    "a chain without end": Bad(lambda s: s.leaf(s.row(150)), "chain is too long"),
    # Validity
    "expired": Bad(lambda s: s.leaf(starts_in=-9 * _DAY, lasts=2 * _DAY), "expired"),
    "expired a second ago": Bad(
        lambda s: s.leaf(starts_in=-_DAY, lasts=_DAY - datetime.timedelta(seconds=2)), "expired"
    ),
    "not valid yet": Bad(lambda s: s.leaf(starts_in=_DAY), "not valid yet"),
    # Purpose
    "for clients only": Bad(lambda s: s.leaf(client_only=True), "not meant for servers"),
    # Strength
    "an RSA key of 1024 bits": Bad(
        lambda s: s.leaf(key=rsa.generate_private_key(65537, 1024)), "too short: RSA 1024 bits"
    ),
    "an RSA key of 512 bits": Bad(
        lambda s: s.weak_leaf(rsa_bits=512),
        "too short: RSA 512 bits", highest=ssl.TLSVersion.TLSv1_2
    ),
    "a SHA-1 signature": Bad(lambda s: s.weak_leaf(digest="sha1"), "signed with SHA-1"),
    "an MD5 signature": Bad(
        lambda s: s.weak_leaf(s.middle(key=rsa.generate_private_key(65537, 2048)), digest="md5"),
        "signed with MD5",
    ),
    # Names
    "another name": Bad(lambda s: s.leaf(dns=["evil.test"]), _OTHER_NAME),
    "another address": Bad(lambda s: s.leaf(addresses=["127.0.0.9"]), _OTHER_NAME),
    "no name at all": Bad(lambda s: s.leaf(dns=[]), _OTHER_NAME),
    "a common name of another": Bad(lambda s: s.leaf(common_name="evil.test"), _OTHER_NAME),
    "an organisation with a slash": Bad(
        lambda s: s.leaf(dns=["evil.test"], organisation="x/y"), _OTHER_NAME
    ),
    "another address as a DNS name": Bad(lambda s: s.leaf(dns=["127.0.0.9"]), _OTHER_NAME),
    "the address for a name": Bad(lambda s: s.leaf(), _OTHER_NAME, dialled=_NAME),
    "the account's domain instead of its server": Bad(
        lambda s: s.leaf(dns=["hostile.test"]), _OTHER_NAME, dialled=_NAME
    ),
    "a longer name": Bad(lambda s: s.leaf(dns=[f"{_NAME}.evil.test"]), _OTHER_NAME, dialled=_NAME),
    "a wrong name that holds a NUL": Bad(
        lambda s: s.leaf(dns=["evil.test\0.hostile.test"]), _OTHER_NAME, dialled=_NAME
    ),
    "a name with a dot at its end": Bad(
        lambda s: s.leaf(dns=[f"{_NAME}."]), _OTHER_NAME, dialled=_NAME
    ),
    "a wildcard": Bad(lambda s: s.leaf(dns=["*.hostile.test"]), _OTHER_NAME, dialled=_NAME),
    "a wildcard for two labels": Bad(
        lambda s: s.leaf(dns=["*.hostile.test"]), _OTHER_NAME, f"two.{_NAME}", _WILD
    ),
    "a wildcard for part of a label": Bad(
        lambda s: s.leaf(dns=["p*.hostile.test"]), _OTHER_NAME, _NAME, _WILD
    ),
    "a wildcard in the middle": Bad(
        lambda s: s.leaf(dns=["pbx.*.test"]), _OTHER_NAME, _NAME, _WILD
    ),
    "a wildcard for an address": Bad(
        lambda s: s.leaf(dns=[f"*.{s.host.partition('.')[2]}"]), _OTHER_NAME, None, _WILD
    ),
    "a wildcard as a common name": Bad(
        lambda s: s.leaf(common_name="*.hostile.test"), _OTHER_NAME, _NAME, _WILD
    ),
    "a URI of another host": Bad(lambda s: s.leaf(uris=["sip:evil.test"]), _OTHER_NAME, _NAME),
    "a URI with a user": Bad(lambda s: s.leaf(uris=[f"sip:bob@{_NAME}"]), _OTHER_NAME, _NAME),
    "a URI with a port": Bad(lambda s: s.leaf(uris=[f"sip:{_NAME}:5061"]), _OTHER_NAME, _NAME),
    "a sips: URI of another host": Bad(
        lambda s: s.leaf(uris=["sips:evil.test"]), _OTHER_NAME, _NAME
    ),
    "a URI for the web": Bad(lambda s: s.leaf(uris=[f"https://{_NAME}"]), _OTHER_NAME, _NAME),
    # Text meant for the terminal
    "control characters in another name": Bad(
        lambda s: s.leaf(
            dns=["evil.test\x1b[2J\r\nok"], organisation="\x1b]0;locked\x07\u202e\r\nverified"
        ),
        _OTHER_NAME,
    ),
    "very long names": Bad(
        lambda s: s.leaf(dns=["x" * 5000, *(f"{n}.evil.test" for n in range(500))]), _OTHER_NAME
    ),
}  # fmt: skip

GOOD = {
    "the address": Good(lambda s: s.leaf()),
    "the address behind others": Good(lambda s: s.leaf(addresses=["127.0.0.9", s.host])),
    "the name": Good(lambda s: s.leaf(dns=[_NAME]), _NAME),
    "the name in other letters": Good(lambda s: s.leaf(dns=["PBX.Hostile.TEST"]), _NAME),
    "the name, dialled in other letters": Good(lambda s: s.leaf(dns=[_NAME]), "PBX.hostile.test"),
    "a long name": Good(lambda s: s.leaf(dns=[_LONG_NAME]), _LONG_NAME),
    "a name in punycode": Good(lambda s: s.leaf(dns=[_PUNYCODE]), _PUNYCODE),
    "a name in punycode, dialled in Unicode": Good(
        lambda s: s.leaf(dns=[_PUNYCODE]), "b\u00fccher.hostile.test"
    ),
    "a SIP URI": Good(lambda s: s.leaf(uris=[f"sip:{_NAME}"]), _NAME),
    "a wildcard that the account allows": Good(
        lambda s: s.leaf(dns=["*.hostile.test"]), _NAME, _WILD
    ),
    "an intermediate": Good(lambda s: s.leaf(s.middle())),
    "two intermediates, as many as are allowed": Good(
        lambda s: s.leaf(s.middle(parent=s.middle(path_length=1), path_length=0))
    ),
    "an authority for this domain": Good(
        lambda s: s.leaf(s.middle(permitted=["hostile.test"]), dns=[_NAME]), _NAME
    ),
    "an RSA key of 2048 bits": Good(lambda s: s.weak_leaf()),
    "an empty subject": Good(lambda s: s.leaf(subject=x509.Name([]))),
    "control characters in the subject": Good(
        lambda s: s.leaf(organisation="\x1b]0;locked\x07\u202e\r\nverified")
    ),
    "a very long subject": Good(
        lambda s: s.leaf(
            subject=x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x" * 9000)])
        )
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(BAD))
async def test_a_bad_certificate_gets_no_byte_of_sip(stage: Stage, kind: str) -> None:
    bad = BAD[kind]
    shop = Shop(stage.authority, stage.host, stage.ground.folder)
    server = await stage.serve(leaf=bad.make(shop), highest=bad.highest)
    dialled = bad.dialled or stage.host
    await stage.add_account(f"{dialled}:{server.port}", **bad.fields)
    reason = (await stage.until_failed()).registration.reason
    assert bad.words in reason, reason
    assert reason.isprintable(), reason
    assert len(reason) < 2000
    assert bytes(server.received) == b""

    # A call is refused like a registration.
    call = await stage.call()
    entry = await stage.until_logged(call)
    assert entry.outcome is Outcome.FAILED
    assert bad.words in entry.reason, entry.reason
    assert bytes(server.received) == b""


@pytest.mark.parametrize("kind", list(GOOD))
async def test_a_good_certificate_is_accepted(stage: Stage, kind: str) -> None:
    good = GOOD[kind]
    shop = Shop(stage.authority, stage.host, stage.ground.folder)
    server = await stage.serve(leaf=good.make(shop))
    dialled = good.dialled or stage.host
    await stage.add_account(f"{dialled}:{server.port}", **good.fields)
    account = await stage.phone.until(
        AccountEvent,
        lambda e: (
            e.account.name == stage.account
            and e.account.registration.state
            in (RegistrationState.REGISTERED, RegistrationState.FAILED)
        ),
    )
    assert account.account.registration.reason == "OK"
    tls = account.account.tls
    assert tls is not None
    assert tls.verified
    assert tls.peer is not None
    assert all(text.isprintable() for text in (tls.peer.subject, *tls.peer.names))
