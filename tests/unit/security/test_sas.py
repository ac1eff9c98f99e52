"""Words of two ends: what they depend on, and when there are none."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mnemonic import Mnemonic
from msgspec.structs import replace

from voip.protection import Keying, MediaKind, Stream
from voip.security import sas


def fingerprint(digest: bytes, name: str = "SHA-256") -> str:
    return f"{name} {digest.hex(':').upper()}"


OURS, THEIRS = fingerprint(bytes(range(32))), fingerprint(bytes(range(32, 64)))
STREAM = Stream(
    kind=MediaKind.AUDIO,
    active=True,
    srtp=True,
    suite="AEAD_AES_256_GCM",
    keying=Keying.DTLS,
    local_fingerprint=OURS,
    remote_fingerprint=THEIRS,
)
INACTIVE = Stream(kind=MediaKind.VIDEO, active=False, srtp=False, suite=None, keying=None)

DIGESTS = st.binary(min_size=32, max_size=32)
# Each example runs scrypt twice.
few = settings(max_examples=8, deadline=None)


def words(local: str, remote: str) -> tuple[str, ...]:
    pair = sas.pair((replace(STREAM, local_fingerprint=local, remote_fingerprint=remote),))
    assert pair is not None
    return sas.words(pair)


@pytest.mark.parametrize(
    ("local", "remote", "expected"),
    [
        (OURS, THEIRS, "grace lottery oak spider mother cube chief genre"),
        (
            fingerprint(bytes(32)),
            fingerprint(b"\xff" * 32),
            "news forum chalk general dolphin senior clown squeeze",
        ),
        (
            fingerprint(bytes(64), "SHA-512"),
            fingerprint(bytes(48), "SHA-384"),
            "inner race put jacket cement parent library soul",
        ),
    ],
)
def test_the_words_stay_those_of_this_version(local: str, remote: str, expected: str) -> None:
    # Phones of different versions must agree: change the salt if the words change.
    assert " ".join(words(local, remote)) == expected


@few
@given(DIGESTS, DIGESTS)
def test_both_ends_have_the_same_words(ours: bytes, theirs: bytes) -> None:
    said = words(fingerprint(ours), fingerprint(theirs))
    assert said == words(fingerprint(theirs).lower(), fingerprint(ours))
    assert len(said) == sas.WORDS == 8
    assert set(said) <= set(Mnemonic("english").wordlist)


@few
@given(DIGESTS, DIGESTS, st.integers(0, 511))
def test_another_certificate_at_either_end_has_other_words(
    ours: bytes, theirs: bytes, bit: int
) -> None:
    changed = (int.from_bytes(ours + theirs, "big") ^ (1 << bit)).to_bytes(64, "big")
    assume({changed[:32], changed[32:]} != {ours, theirs})
    said = words(fingerprint(ours), fingerprint(theirs))
    assert words(fingerprint(changed[:32]), fingerprint(changed[32:])) != said


def test_the_list_is_the_published_one() -> None:
    # https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt
    published = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
    text = "".join(f"{word}\n" for word in Mnemonic("english").wordlist)
    assert hashlib.sha256(text.encode()).hexdigest() == published


def test_the_words_carry_all_their_bits() -> None:
    # Of 128 words of a list of 2048, about four come twice by chance.
    said = [words(OURS, fingerprint(bytes([number]) * 32)) for number in range(16)]
    assert len({word for code in said for word in code}) > 110


@pytest.mark.parametrize(
    "streams",
    [
        (),
        (replace(STREAM, keying=Keying.SDES),),
        (replace(STREAM, keying=None),),
        (replace(STREAM, srtp=False),),
        (replace(STREAM, active=False),),
        (replace(STREAM, local_fingerprint=None),),
        (replace(STREAM, remote_fingerprint=None),),
        (STREAM, replace(STREAM, kind=MediaKind.VIDEO)),
        (STREAM, replace(INACTIVE, active=True)),
        (replace(INACTIVE, active=True), STREAM),
        (replace(STREAM, remote_fingerprint=""),),
        (replace(STREAM, remote_fingerprint=fingerprint(bytes(20), "SHA-1")),),
        (replace(STREAM, remote_fingerprint=fingerprint(bytes(16), "MD5")),),
        (replace(STREAM, remote_fingerprint=fingerprint(bytes(28), "SHA-224")),),
        (replace(STREAM, local_fingerprint=fingerprint(bytes(20), "SHA-1")),),
        (replace(STREAM, remote_fingerprint=fingerprint(bytes(31))),),
        (replace(STREAM, remote_fingerprint=fingerprint(bytes(33))),),
        (replace(STREAM, remote_fingerprint=fingerprint(bytes(32), "SHA-512")),),
        (replace(STREAM, remote_fingerprint=THEIRS.replace(":", "")),),
        (replace(STREAM, remote_fingerprint=THEIRS + "\n"),),
        (replace(STREAM, remote_fingerprint=THEIRS.replace("2", "２")),),
    ],
)
def test_no_words_where_nothing_is_proved(streams: tuple[Stream, ...]) -> None:
    assert sas.pair(streams) is None


def test_streams_that_are_not_in_use_do_not_matter() -> None:
    assert sas.pair((INACTIVE, STREAM)) == sas.pair((STREAM,)) is not None


@given(st.text())
def test_no_fingerprint_of_any_shape_is_taken_for_a_better_one(text: str) -> None:
    assert sas.pair((replace(STREAM, remote_fingerprint=text),)) is None
