"""Parts of a SIP message of which PJSIP hands out only the whole text."""

from __future__ import annotations

import re

from voip.causes import Cause, CauseKind
from voip.protection import Digest

_FROM = re.compile(r"^(?:From|f)[ \t]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_TO = re.compile(r"^(?:To|t)[ \t]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_HOST = re.compile(r"\[[^\]]*\]|[^:;?>\s]*")
_FOLD = re.compile(r"\r?\n[ \t]+")
_MEDIA = re.compile(r"^m=audio[ \t]+(\d+)(?:/\d+)?[ \t]+(\S+)", re.MULTILINE)
_ADDRESS = re.compile(r"^c=IN[ \t]+IP([46])[ \t]", re.MULTILINE)
_ANY_MEDIA = re.compile(r"^m=", re.MULTILINE)
_STATUS = re.compile(r"SIP/2\.0 (\d{3}) ([^\r\n]*)")
_CHALLENGE = re.compile(
    r"^(?:WWW|Proxy)-Authenticate[ \t]*:[ \t]*([A-Za-z0-9-]{1,20})(.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_ALGORITHM = re.compile(r"\balgorithm[ \t]*=[ \t]*\"?([A-Za-z0-9-]{1,20})", re.IGNORECASE)
_DIGESTS = {digest.value: digest for digest in Digest}
_RETRY_AFTER = re.compile(r"^Retry-After[ \t]*:[ \t]*(\d{1,9})", re.MULTILINE | re.IGNORECASE)
_LONGEST_RETRY_AFTER_S = 3600.0
_ENTITY_TAG = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,256}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_FLOW_TIMER = re.compile(
    r"^Flow-Timer[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE
)
_REASON = re.compile(r"^Reason[ \t]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\\r\n]|\\.)*"')
_ELSEWHERE = frozenset((("sip", "200"), ("q.850", "26")))
_OPTIONS = re.compile(r"^(?:Require|Supported|k)[ \t]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_END_OF_HEAD = re.compile(r"\r?\n\r?\n")
# What is never closed ends with its line: tried again at each character, a long
# one would hold up the worker.
_PARTS = re.compile(r'"(?:[^"\\]|\\(?:.|$))*(?:"|$)|<[^>]*(?:>|$)|,|[^"<,]+')
_LONGEST_HEAD = 16_000
"""Characters of headers whose lists are read."""


def encrypts(message: str) -> bool | None:
    """True if the audio that `message` offers or accepts is SRTP.

    By the SDP's profile (RFC 3711 section 12, RFC 5764 section 8). None when
    it carries no audio line that is in use.
    """
    profiles = [profile for port, profile in _MEDIA.findall(body(message)) if port != "0"]
    if not profiles:
        return None
    return any("SAVP" in profile for profile in profiles)


def voice_by_ipv4(message: str) -> bool:
    """True if the audio of the session in `message` is at an IPv4 address."""
    session, *streams = re.split(r"^(?=m=)", body(message), flags=re.MULTILINE)
    audio = next((stream for stream in streams if _MEDIA.match(stream)), "")
    line = _ADDRESS.search(audio) or _ADDRESS.search(session)
    return bool(audio) and line is not None and line[1] == "4"


def has_session(message: str) -> bool:
    """True if `message` holds a session of any kind."""
    return _ANY_MEDIA.search(body(message)) is not None


def body(message: str) -> str:
    """The body of a message, empty where there is none."""
    return _parts(message)[1]


def status(message: str) -> int | None:
    """Status of a response (RFC 3261 section 7.2), None for a request."""
    match = _STATUS.match(message)
    return int(match[1]) if match else None


def phrase(message: str) -> str:
    """Reason phrase of a response, empty for a request."""
    match = _STATUS.match(message)
    return match[2] if match else ""


def unusable_challenge(message: str, minimum: Digest = Digest.MD5) -> Cause | None:
    """Cause that no password can answer a 401 or 407, or None.

    Only Digest keeps the password secret (RFC 3261 section 22.4), with the
    algorithms of RFC 8760 that PJSIP has, from the account's weakest on.
    """
    if status(message) not in (401, 407):
        return None
    unusable: list[str] = []
    weak: list[str] = []
    for scheme, rest in _CHALLENGE.findall(_parts(message)[0]):
        if scheme.lower() != "digest":
            unusable.append(scheme)
            continue
        algorithm = _ALGORITHM.search(rest)
        name = algorithm[1] if algorithm else Digest.MD5.value
        if name.lower() not in _DIGESTS:
            unusable.append(f"{scheme} with {name}")
        elif _DIGESTS[name.lower()].rank >= minimum.rank:
            return None
        else:
            weak.append(name.upper())
    if weak:
        return Cause(CauseKind.WEAK_CHALLENGE, (weak[0], minimum.value.upper()))
    if not unusable:
        return None
    return Cause(CauseKind.UNSAFE_CHALLENGE, (unusable[0],))


def retry_after_s(message: str) -> float:
    """Seconds of the Retry-After header (RFC 3261 section 20.33), at most an hour."""
    match = _RETRY_AFTER.search(_parts(message)[0])
    return min(float(match[1]), _LONGEST_RETRY_AFTER_S) if match else 0.0


def entity_tag(message: str) -> str | None:
    """Tag of a publication (RFC 3903 section 11.3.1), None for none of a usable length."""
    tags = values(message, "SIP-ETag")
    # It goes back to the server: other characters could add headers of their own.
    return tags[0] if len(tags) == 1 and _ENTITY_TAG.fullmatch(tags[0]) else None


def seconds(message: str, name: str) -> int | None:
    """Seconds that a header such as Expires or Min-Expires names, None for none."""
    value = next(iter(values(message, name)), "")
    return int(value) if _SECONDS.fullmatch(value) else None


def flow_timer_s(message: str) -> int | None:
    """Seconds of a registrar's Flow-Timer (RFC 5626 section 5.4), None for none.

    Only a server that supports outbound may ask for it.
    """
    match = _FLOW_TIMER.search(_parts(message)[0])
    return int(match[1]) or None if match and supports_outbound(message) else None


def supports_outbound(message: str) -> bool:
    """True if a registrar's response names the option of RFC 5626."""
    rows = _OPTIONS.findall(_parts(message)[0])
    return any(tag.strip().lower() == "outbound" for row in rows for tag in row.split(","))


def answered_elsewhere(message: str) -> bool:
    """True if a CANCEL's Reason says that another phone answered (RFC 3326)."""
    if message[:7] != "CANCEL ":
        return False
    # A text may hold “;cause=200” of its own.
    head = _QUOTED.sub("", unfolded_head(message))
    values = (value for row in _REASON.findall(head) for value in row.split(","))
    return any(_protocol_and_cause(value) in _ELSEWHERE for value in values)


def _protocol_and_cause(value: str) -> tuple[str, str]:
    protocol, *parameters = (part.strip().lower() for part in value.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    causes = [number.strip() for name, _, number in pairs if name.strip() == "cause"]
    return protocol, causes[0] if len(causes) == 1 and '"' not in value else ""


def unfolded_head(message: str) -> str:
    """Headers of a message, a line each."""
    return _FOLD.sub(" ", _parts(message)[0])


def values(message: str, *names: str) -> list[str]:
    """Values of the headers with any of `names`, which commas separate in one line.

    Commas within quotes or an address in brackets separate nothing (RFC 3261 section
    7.3.1). Empty for headers of more than 16,000 characters.
    """
    head = unfolded_head(message)
    if len(head) > _LONGEST_HEAD:
        return []
    name = "|".join(map(re.escape, names))
    rows = re.findall(rf"^(?:{name})[ \t]*:(.*)$", head, re.MULTILINE | re.IGNORECASE)
    return [value for row in rows for value in _listed(row.strip()) if value]


def _listed(row: str) -> list[str]:
    listed = [""]
    for part in _PARTS.finditer(row):
        if part[0] == ",":
            listed.append("")
        else:
            listed[-1] += part[0]
    return [value.strip() for value in listed]


def sender(message: str) -> str | None:
    """The value of the From header, None where there is none."""
    match = _FROM.search(unfolded_head(message))
    return match[1].strip() if match else None


def recipient_host(message: str) -> str:
    """Host of the address in the To header, empty where there is none."""
    match = _TO.search(unfolded_head(message))
    _, _, address = (match[1] if match else "").rpartition("<")
    host = _HOST.match(address.partition("@")[2])
    return host[0].lower() if host else ""


def _parts(message: str) -> tuple[str, str]:
    head, *body = _END_OF_HEAD.split(message, maxsplit=1)
    return head, body[0] if body else ""
