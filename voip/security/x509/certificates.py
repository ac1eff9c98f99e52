"""Bounded facts of a certificate that a server showed, not yet cleaned.

They are read here, since the usual library takes eight megabytes of every worker, and
longer to load than a server to answer. No trust comes from it but by names and key:
OpenSSL has judged the certificate.
"""

from __future__ import annotations

import binascii
import hashlib
import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from voip.model import rfc3339
from voip.protection import Certificate
from voip.security.x509 import der

MAX_CHAIN = 8
"""Most certificates of a server's chain that are passed on."""

_MAX_NAMES = 32
_MAX_TEXT = 256

_VERSION, _EXTENSIONS = 0xA0, 0xA3
_URI, _DNS_NAME, _ADDRESS = 0x86, 0x82, 0x87
_OTHER_NAMES = frozenset((0xA0, 0x81, 0xA4, 0x88))
"""Tags of otherName, rfc822Name, directoryName and registeredID."""
_ALTERNATIVE_NAME = "2.5.29.17"

# RFC 4514 section 3; other attributes are named by their numbers.
_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
_ESCAPED = str.maketrans({char: f"\\{char}" for char in '\\"+,;<>'} | {"\0": "\\00"})

# RFC 3279 section 2.3, RFC 4055 section 1.2, RFC 8410 section 3
_RSA = frozenset(("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"))
_DSA, _EC = "1.2.840.10040.4.1", "1.2.840.10045.2.1"
_KINDS = {
    "1.3.101.110": "X25519",
    "1.3.101.111": "X448",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
_CURVES = {
    "1.2.840.10045.3.1.7": "P-256",
    "1.3.132.0.34": "P-384",
    "1.3.132.0.35": "P-521",
    "1.3.132.0.33": "secp224r1",
    "1.2.840.10045.3.1.1": "secp192r1",
    "1.3.132.0.10": "secp256k1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}

# RFC 3279 section 2.2, RFC 4055 section 5, RFC 5758 section 3, RFC 8410 section 3
_SIGNATURES = {
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.3.14.3.2.29": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.10": "rsassaPss",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.2.840.10040.4.3": "dsa-with-sha1",
    "2.16.840.1.101.3.4.3.1": "dsa-with-sha224",
    "2.16.840.1.101.3.4.3.2": "dsa-with-sha256",
    "1.3.101.112": "ed25519",
    "1.3.101.113": "ed448",
}


class Parsed(NamedTuple):
    """Parts of a certificate (RFC 5280 section 4.1), each in DER but `signature`."""

    whole: bytes
    signature: str
    issuer: bytes
    validity: bytes
    subject: bytes
    key: bytes
    extensions: bytes


def of_pem(pem: str) -> Parsed:
    """Parts of the first certificate of a text in PEM form (RFC 7468).

    Raises:
        ValueError: there is none, or it cannot be read.
    """
    _, _, rest = pem.partition("-----BEGIN CERTIFICATE-----")
    body, end, _ = rest.partition("-----END CERTIFICATE-----")
    if not end:
        raise ValueError("no certificate in PEM form")
    return read(binascii.a2b_base64(body))


def read(certificate: bytes) -> Parsed:
    """Parts of a certificate in DER form.

    Raises:
        ValueError: it cannot be read.
    """
    signed, algorithm, _ = _fields(certificate, 3)
    fields = der.elements(der.content_of(signed, der.SEQUENCE))
    version = fields.pop(0).content if fields and fields[0].tag == _VERSION else None
    if version is not None and der.only(version, der.INTEGER) not in (b"\1", b"\2"):
        raise ValueError("not a version of a certificate")
    if len(fields) < 6:
        raise ValueError("a certificate without all its fields")
    _, _, issuer, validity, subject, key, *others = fields
    extensions = b"".join(other.content for other in others if other.tag == _EXTENSIONS)
    return Parsed(
        certificate,
        _SIGNATURES.get(_algorithm(algorithm)[0], "Unknown OID"),
        issuer.whole,
        validity.whole,
        subject.whole,
        key.whole,
        extensions,
    )


def describe(parsed: Parsed) -> Certificate:
    """Facts of a certificate.

    Raises:
        ValueError: it cannot be read.
    """
    kind, size = key_of(parsed)
    all_names = (*names(parsed), *uris(parsed))
    begins, ends = _fields(parsed.validity, 2)
    return Certificate(
        subject=_distinguished_name(parsed.subject)[:_MAX_TEXT],
        issuer=_distinguished_name(parsed.issuer)[:_MAX_TEXT],
        names=tuple(name[:_MAX_TEXT] for name in all_names[:_MAX_NAMES]),
        not_before=_moment(begins),
        not_after=_moment(ends),
        sha256=hashlib.sha256(parsed.whole).hexdigest(),
        key_sha256=key_sha256(parsed),
        key=f"{kind} {size}" if size else kind,
        signature=parsed.signature,
    )


def key_sha256(parsed: Parsed) -> str:
    """SHA-256 of the SubjectPublicKeyInfo (RFC 5280 section 4.1), as pinned.

    It is of the certificate's own bytes: a key parsed and written again may differ.
    """
    return hashlib.sha256(parsed.key).hexdigest()


def key_of(parsed: Parsed) -> tuple[str, str]:
    """Kind of the public key, and its size in bits or its curve's name.

    Raises:
        ValueError: the key cannot be read.
    """
    algorithm, encoded = _fields(parsed.key, 2)
    name, parameters = _algorithm(algorithm)
    if name in _RSA:
        # It begins with the number of unused bits.
        modulus, _ = _fields(der.content_of(encoded, der.BIT_STRING)[1:], 2)
        return "RSA", str(_bits(modulus))
    if name == _DSA:
        return "DSA", str(_bits(_fields(parameters, 3)[0]))
    if name == _EC:
        curve = der.object_identifier(der.only(parameters, der.OBJECT))
        return "EC", _CURVES.get(curve, curve)
    if name in _KINDS:
        return _KINDS[name], ""
    raise ValueError(f"a key of the kind {name}")


def names(parsed: Parsed) -> tuple[str, ...]:
    """All DNS names and IP addresses of subjectAltName."""
    alternatives = _alternatives(parsed)
    addresses = (ipaddress.ip_address(n.content) for n in alternatives if n.tag == _ADDRESS)
    return *_texts(alternatives, _DNS_NAME), *map(str, addresses)


def uris(parsed: Parsed) -> tuple[str, ...]:
    """The URIs of subjectAltName."""
    return _texts(_alternatives(parsed), _URI)


def _alternatives(parsed: Parsed) -> list[der.Element]:
    try:
        return _read_alternatives(parsed)
    except ValueError:
        # A certificate whose names cannot be read must match no host.
        return []


def _read_alternatives(parsed: Parsed) -> list[der.Element]:
    if not parsed.extensions:
        return []
    extensions = {}
    for extension in der.elements(der.only(parsed.extensions, der.SEQUENCE)):
        name, *_, value = der.elements(der.content_of(extension, der.SEQUENCE))
        number = der.object_identifier(der.content_of(name, der.OBJECT))
        if number in extensions:
            raise ValueError("an extension that is there twice")
        extensions[number] = der.content_of(value, der.OCTET_STRING)
    if _ALTERNATIVE_NAME not in extensions:
        return []
    alternatives = der.elements(der.only(extensions[_ALTERNATIVE_NAME], der.SEQUENCE))
    for alternative in alternatives:
        if alternative.tag == _ADDRESS:
            ipaddress.ip_address(alternative.content)
        elif alternative.tag in (_DNS_NAME, _URI):
            alternative.content.decode("ascii")
        elif alternative.tag not in _OTHER_NAMES:
            raise ValueError("a name of another kind")
    return alternatives


def _texts(alternatives: Iterable[der.Element], tag: int) -> tuple[str, ...]:
    return tuple(each.content.decode("ascii") for each in alternatives if each.tag == tag)


def _fields(sequence: bytes, least: int) -> list[der.Element]:
    """The first `least` elements of a sequence, which may have more."""
    fields = der.elements(der.only(sequence, der.SEQUENCE))
    if len(fields) < least:
        raise ValueError("a sequence without all its fields")
    return fields[:least]


def _algorithm(identifier: der.Element) -> tuple[str, bytes]:
    """Number of an algorithm, and its parameters in DER (RFC 5280 section 4.1.1.2)."""
    name, *parameters = der.elements(der.content_of(identifier, der.SEQUENCE)) or [identifier]
    number = der.object_identifier(der.content_of(name, der.OBJECT))
    return number, parameters[0].whole if parameters else b""


def _bits(number: der.Element) -> int:
    return int.from_bytes(der.content_of(number, der.INTEGER)).bit_length()


def _moment(element: der.Element) -> str:
    return rfc3339(datetime(*der.time(element), tzinfo=UTC).timestamp())


def _distinguished_name(name: bytes) -> str:
    """Text of a name, its last part first (RFC 4514 section 2)."""
    parts = der.elements(der.only(name, der.SEQUENCE))
    return ",".join("+".join(map(_attribute, _members(part))) for part in reversed(parts))


def _members(part: der.Element) -> list[der.Element]:
    return der.elements(der.content_of(part, der.SET))


def _attribute(attribute: der.Element) -> str:
    kind, value = _fields(attribute.whole, 2)
    number = der.object_identifier(der.content_of(kind, der.OBJECT))
    text = der.text(value)
    shown = f"#{value.content.hex()}" if text is None else _escape(text)
    return f"{_ATTRIBUTES.get(number, number)}={shown}"


def _escape(text: str) -> str:
    text = text.translate(_ESCAPED)
    if text[:1] == "#" or (text[:1] == " " and len(text) > 1):
        text = f"\\{text}"
    return f"{text[:-1]}\\ " if text.endswith(" ") else text
