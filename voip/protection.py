"""Protection of calls and accounts: transport, keys, certificates, locks.

Frozen values, shared by every process, and JSON forms, as in `voip.model`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Transport(StrEnum):
    """The transport of an account's SIP (RFC 3261 section 18)."""

    TLS = "tls"
    TCP = "tcp"
    UDP = "udp"

    @property
    def default_port(self) -> int:
        """The port of a server that names none (RFC 3261 section 19.1.2)."""
        return 5061 if self is Transport.TLS else 5060


class Keying(StrEnum):
    """Agreement of SRTP keys: in the SDP (RFC 4568) or by DTLS (RFC 5764)."""

    SDES = "sdes"
    DTLS = "dtls"


class Digest(StrEnum):
    """Algorithm of a digest challenge (RFC 8760), the weakest first."""

    MD5 = "md5"
    SHA_256 = "sha-256"
    SHA_512_256 = "sha-512-256"

    @property
    def rank(self) -> int:
        return list(Digest).index(self)


SRTP_SUITES = (
    "AEAD_AES_256_GCM",
    "AES_256_CM_HMAC_SHA1_80",
    "AEAD_AES_128_GCM",
    "AES_CM_128_HMAC_SHA1_80",
)
"""Suites by default, strongest first (RFC 4568, RFC 6188, RFC 7714)."""


SHORT_TAG_SUITES = ("AES_256_CM_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_32")
"""Suites with tags of 32 bits, easier to forge: only if named."""


class Authorities(StrEnum):
    """Authorities trusted for a server: certifi's bundle or the system's."""

    BUNDLE = "bundle"
    SYSTEM = "system"


class LockState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"


class Sign(StrEnum):
    """Sign of a lock: the reach of its protection.

    `server`: encrypted as far as the server. `sealed`: end to end, and the words
    of both ends were compared. `wait`: not yet. `unsafe`: not protected. `verify`:
    a server or a far end is not the one that was known.
    """

    SERVER = "server"
    SEALED = "sealed"
    WAIT = "wait"
    UNSAFE = "unsafe"
    VERIFY = "verify"

    @property
    def word(self) -> str:
        """Word to show, in six cells: capitals are an alarm."""
        return _SIGN_WORDS[self]

    @property
    def bracketed(self) -> str:
        """Sign for a screen without pictures, in eight cells."""
        return f"[{self.word}]"

    @property
    def closed(self) -> bool:
        """True if the lock is closed, at least to the server."""
        return self in (Sign.SERVER, Sign.SEALED)


_SIGN_WORDS = {
    Sign.SERVER: "server",
    Sign.SEALED: "sealed",
    Sign.WAIT: " wait ",
    Sign.UNSAFE: "UNSAFE",
    Sign.VERIFY: "VERIFY",
}


class Certificate(msgspec.Struct, frozen=True):
    """Certificate that a server showed, by its own fields (RFC 5280).

    `names` are the DNS names, addresses and SIP URIs of subjectAltName;
    `sha256` is the digest of the DER form, `key_sha256` that of the public key
    (SubjectPublicKeyInfo), both in lower-case hexadecimal. `key` is the kind and
    size of the key, `signature` the algorithm that signed it, in words.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    sha256: str
    key_sha256: str = ""
    key: str = ""
    signature: str = ""


class TlsStatus(msgspec.Struct, frozen=True):
    """TLS connection of an account, as negotiated.

    `pinned`: the server was accepted by the public key that the account names,
    and not by an authority and a name.
    """

    version: str
    cipher: str
    verified: bool
    peer: Certificate | None = None
    chain: tuple[Certificate, ...] = ()
    pinned: bool = False


class MediaKind(StrEnum):
    """The kind of a media stream, named as in SDP (RFC 8866 section 5.14)."""

    AUDIO = "audio"
    VIDEO = "video"
    TEXT = "text"
    OTHER = "other"

    @property
    def word(self) -> str:
        """The same as a person says it."""
        return _MEDIA_WORDS[self]


_MEDIA_WORDS = {
    MediaKind.AUDIO: "voice",
    MediaKind.VIDEO: "video",
    MediaKind.TEXT: "real-time text",
    MediaKind.OTHER: "other media",
}


class LockSignalling(msgspec.Struct, frozen=True):
    transport: Transport
    version: str | None = None
    verified: bool = False
    server: str | None = None
    cipher: str | None = None


class LockStream(msgspec.Struct, frozen=True):
    kind: MediaKind
    srtp: bool
    suite: str | None = None
    keying: Keying | None = None


class Compared(StrEnum):
    """Comparison of the words of both ends of a call (`voip.security.sas`).

    `pending`: not compared. `equal`, `different`: compared by the user in this
    call. `remembered`: the far end shows a key that was compared before.
    `changed`: it shows another one than was compared.
    """

    PENDING = "pending"
    EQUAL = "equal"
    DIFFERENT = "different"
    REMEMBERED = "remembered"
    CHANGED = "changed"


class Comparison(msgspec.Struct, frozen=True):
    """Comparison of a call's words.

    `on` is when they were last equal with this far end (RFC 3339).
    """

    state: Compared
    on: str | None = None


class ComparedKey(msgspec.Struct, frozen=True):
    """Key of a far end whose words were equal: `account` reaches `address`.

    `address` has one spelling and no name. `fingerprint` is of the certificate
    (RFC 8122), in lower case; `on` is when the words were compared (RFC 3339).
    """

    account: str
    address: str
    fingerprint: str
    on: str


class Lock(msgspec.Struct, frozen=True):
    """Lock of a call, closed when all protection was seen to be in force.

    `sign` is None for a call that never had a voice. `short` has at most 40 cells,
    and no text of a peer. `why` is the one-line meaning of a closed lock, or the
    fact that an open one lacks. The rest is the evidence.
    """

    state: LockState
    why: str
    signalling: LockSignalling
    media: tuple[LockStream, ...] = ()
    sign: Sign | None = None
    short: str = ""
    comparison: Comparison | None = None

    @property
    def closed(self) -> bool:
        return self.state is LockState.CLOSED


class ConferenceLock(msgspec.Struct, frozen=True):
    """Lock of a conference, closed only if the locks of all its calls are.

    `sign` is the worst of theirs, and `why` names the first call whose lock is open.
    `short` has at most 40 cells, and no text of a peer.
    """

    state: LockState
    why: str
    sign: Sign | None = None
    short: str = ""

    @property
    def closed(self) -> bool:
        return self.state is LockState.CLOSED


class About(StrEnum):
    """Half of a lock that a fact is about: the voice, or the signalling."""

    VOICE = "voice"
    SIGNALLING = "signalling"


class Fact(msgspec.Struct, frozen=True):
    """One condition of the lock and the observation of it.

    `holds` is None while unknown, and where it does not apply; `evidence` is in words.
    """

    name: str
    holds: bool | None
    evidence: str
    about: About = About.SIGNALLING
    applies: bool = True


class Stream(msgspec.Struct, frozen=True):
    """A media stream as it is in force, RTP packets counted over the whole call.

    `suite` is set when SRTP is active in both directions; `rejected` packets
    failed authentication. The fingerprints (RFC 8122, such as “SHA-256 AB:CD…”)
    are those that a DTLS handshake proved, None before and with other keying.
    `failing` is the engine's judgement of the last report (`policy.is_failing`).
    A `relayed` stream goes through a relay of either end (TURN).

    Clients see `StreamReport` and `LockStream` of it, whose JSON is a contract.
    """

    kind: MediaKind
    active: bool
    srtp: bool
    suite: str | None = None
    keying: Keying | None = None
    codec: str | None = None
    accepted: int = 0
    rejected: int = 0
    local_fingerprint: str | None = None
    remote_fingerprint: str | None = None
    failing: bool = False
    relayed: bool = False


class StreamReport(msgspec.Struct, frozen=True):
    """Media stream as it is in force; packets are of the whole call.

    A `relayed` one goes through a relay of either end.
    """

    kind: MediaKind
    active: bool
    srtp: bool
    suite: str | None = None
    keying: Keying | None = None
    codec: str | None = None
    accepted: int = 0
    rejected: int = 0
    relayed: bool = False


class EndToEnd(msgspec.Struct, frozen=True):
    """Code that is the same at both ends if nobody between them decrypts.

    `words` are to be read out; `meaning` says what equal words prove, and when
    they prove nothing; `reading` which end reads which, and where they are shown.
    `address` is what a comparison is remembered by, None where it cannot be.
    """

    words: tuple[str, ...]
    meaning: str
    reading: str = ""
    comparison: Comparison | None = None
    address: str | None = None


class LockReport(msgspec.Struct, frozen=True):
    """Lock of a call or an account with its evidence and remedy.

    `meaning` are three sentences: what is protected, what is not, and whom to
    trust. `remedy` is advice on an open lock. `end_to_end` is there only for calls
    whose media keys are agreed between the ends (DTLS-SRTP).
    """

    state: LockState
    why: str
    facts: tuple[Fact, ...]
    meaning: tuple[str, str, str]
    sign: Sign | None = None
    short: str = ""
    remedy: str | None = None
    tls: TlsStatus | None = None
    streams: tuple[StreamReport, ...] = ()
    end_to_end: EndToEnd | None = None
