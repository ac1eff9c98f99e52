"""Published faults of PJSIP since 2.17, and the patches that fix them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Advisory:
    """One fault: its public names, and the patches that fix it.

    `not_reachable` is the reason that no patch is needed.
    """

    name: str
    fault: str
    patches: tuple[str, ...] = ()
    not_reachable: str | None = None

    def closed(self, patches: Collection[str]) -> bool:
        """True if a library with these patches is free of it."""
        return self.not_reachable is not None or set(self.patches) <= set(patches)


ADVISORIES = (
    Advisory(
        "CVE-2026-57162 (GHSA-m9g3-jcj8-qjfm)",
        "stack overflow while the SDES lines of an offer are read",
        ("0050-sdes-lines-that-fit",),
    ),
    Advisory(
        "CVE-2026-57161 (GHSA-xc62-j9h2-mp84)",
        "stack overflow by the service routes of a registration",
        ("0024-service-routes-that-fit",),
    ),
    Advisory(
        "CVE-2026-57160 (GHSA-277r-3q2j-mxcw)",
        "one byte written behind a message or a header",
        ("0056-headers-that-fit",),
    ),
    Advisory(
        "CVE-2026-32945, GHSA-pvmg-ph43-54r2",
        "faults in PJSIP's own name lookup",
        not_reachable="no name server is given to PJSIP: the system looks names up",
    ),
    Advisory(
        "GHSA-382p-87mh-r3q8, GHSA-wm98-82v7-vjw2",
        "names of a certificate that are not what they look like",
        (
            "0001-verify-server-name-with-openssl",
            "0061-names-of-a-certificate-as-they-are",
        ),
    ),
    Advisory(
        "GHSA-cgmx-7mqj-77qp",
        "stack overflow while XML is read",
        ("0058-xml-of-a-depth",),
    ),
    Advisory(
        "GHSA-pjx6-7vrm-3w6f",
        "an empty multipart body printed behind a buffer",
        ("0057-multipart-bodies-without-a-part",),
    ),
    Advisory(
        "pjproject fd9074547",
        "null dereference while an answer with redundant sound is made",
        ("0053-redundant-formats-of-an-answer",),
    ),
    Advisory(
        "pjproject 1e77041dd, f5bbe2a68, 14a7bb8f4",
        "more streams and codecs than their lists hold",
        ("0051-media-lines-that-fit", "0052-codec-lists-that-fit"),
    ),
    Advisory(
        "pjproject dc1a37f77",
        "numbers of a session that become other numbers",
        ("0054-sdp-numbers-in-range",),
    ),
    Advisory(
        "pjproject c5901ef6a",
        "quotes looked for behind the text",
        ("0059-quotes-that-end-with-the-text",),
    ),
    Advisory(
        "pjproject 3085f3d4b",
        "more proxies than their lists hold",
        ("0060-proxies-that-fit",),
    ),
    Advisory(
        "pjproject 05f19a35c",
        "tables whose rows a peer can fill at will",
        ("0055-rows-that-nobody-can-guess",),
    ),
    Advisory(
        "pjproject 695af345f",
        "socket options read from memory that was freed",
        ("0040-option-values-of-their-own",),
    ),
    Advisory(
        "pjproject bd00abb5e",
        "null dereference after a registrar told an address that is none",
        ("0073-addresses-that-a-registrar-tells",),
    ),
    Advisory(
        "pjproject 65a2787aa, dc51805e8, 34870b2f3, aed27c1ce",
        "real-time text without its repetitions, cut off, or lost without a mark",
        ("0141-texts-that-are-said-again", "0142-texts-that-were-lost"),
    ),
    Advisory(
        "pjproject #5117",
        "real-time text without its repetitions where a far end writes RED in capitals",
        ("0144-names-of-text-in-capitals",),
    ),
    Advisory(
        "pjproject #5124",
        "real-time text of several streams that nobody can tell apart",
        not_reachable="a call has one stream of text at most",
    ),
)
