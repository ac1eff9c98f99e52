"""Causes for which registrations, connections and calls end.

Programs ask for the kind; `voip.sip.sentences` has the sentence of each.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class CauseKind(StrEnum):
    """Kind of a cause; the values are a contract with clients."""

    # A server's certificate or key
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET = "certificate_not_yet_valid"
    CERTIFICATE_SELF_SIGNED = "certificate_self_signed"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CERTIFICATE_NO_ISSUER = "certificate_no_issuer"
    CERTIFICATE_NOT_BY_ISSUER = "certificate_not_by_issuer"
    CERTIFICATE_MAY_NOT_ISSUE = "certificate_may_not_issue"
    CERTIFICATE_NOT_ALLOWED = "certificate_not_allowed"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_PURPOSE = "certificate_purpose"
    CERTIFICATE_UNREADABLE = "certificate_unreadable"
    CERTIFICATE_TOO_LONG = "certificate_chain_too_long"
    CERTIFICATE_WEAK_SIGNATURE = "certificate_weak_signature"
    CERTIFICATE_WEAK_KEY = "certificate_weak_key"
    CERTIFICATE_OTHER_NAME = "certificate_other_name"
    CERTIFICATE_REFUSED = "certificate_refused"
    OTHER_KEY = "other_key"
    STOPPED_FOR_KEY = "stopped_for_key"

    # A connection that failed or ended
    TLS_TOO_OLD = "tls_too_old"
    NO_TLS = "no_tls"
    CLIENT_CERTIFICATE_WANTED = "client_certificate_wanted"
    CLIENT_CERTIFICATE_REFUSED = "client_certificate_refused"
    NO_COMMON_CIPHER = "no_common_cipher"
    SERVER_NAME_UNKNOWN = "server_name_unknown"
    NAME_NOT_FOUND = "name_not_found"
    NAME_NOT_ANSWERED = "name_not_answered"
    NO_SUCH_SERVICE = "no_such_service"
    STUN_NOT_FOUND = "stun_not_found"
    RELAY_NOT_FOUND = "relay_not_found"
    CONNECTION_CLOSED = "connection_closed"
    CONNECTION_TIMEOUT = "connection_timeout"
    CONNECTION_FAILED = "connection_failed"
    CONNECTION_DROPPED = "connection_dropped"
    NO_NETWORK = "no_network"
    NETWORK_CHANGED = "network_changed"

    # A registration
    NO_ANSWER = "no_answer"
    NO_PASSWORD = "no_password"  # noqa: S105  # a kind, not a secret
    UNSAFE_CHALLENGE = "unsafe_challenge"
    WEAK_CHALLENGE = "weak_challenge"
    KEYRING = "keyring"
    PASSWORD = "password"  # noqa: S105  # a kind, not a secret
    TRUST_SETUP = "trust_setup"
    OWN_KEY = "own_key"
    WORKER_REFUSED = "worker_refused"
    RESTARTING = "restarting"

    # A status of SIP, at each time of a call
    SIP_STATUS = "sip_status"
    NO_VOICE = "no_voice"
    BROKEN_OFF = "broken_off"
    NOT_MOVED = "not_moved"

    # A session that breaks the account's demands
    NO_ENCRYPTION = "no_encryption"
    OTHER_KEYING = "other_keying"
    SEVERAL_SUITES = "several_suites"
    OTHER_SUITES = "other_suites"
    NO_USABLE_ENCRYPTION = "no_usable_encryption"
    ENCRYPTION_STOPPED = "encryption_stopped"
    NO_COMMON_CODEC = "no_common_codec"
    NO_AGREEMENT = "no_agreement"
    USELESS_ANSWER = "useless_answer"

    # A DTLS handshake that failed
    KEYS_CERTIFICATE = "keys_certificate"
    KEYS_WEAK = "keys_weak"
    KEYS_VERSION = "keys_version"
    KEYS_SUITE = "keys_suite"
    KEYS_REFUSED = "keys_refused"
    KEYS_FAILED = "keys_failed"
    KEYS_LATE = "keys_late"

    # The way of the voice
    STUN_SILENT = "stun_silent"
    RELAY_UNVERIFIED = "relay_unverified"
    RELAY_PASSWORD = "relay_password"  # noqa: S105  # a kind, not a secret
    RELAY_SILENT = "relay_silent"
    RELAY_REFUSED = "relay_refused"
    NO_WAY = "no_way"
    VOICE_BY_IPV4 = "voice_by_ipv4"

    # Digits that could not be sent
    DIGITS_HELD_THERE = "digits_held_there"
    DIGITS_HELD_HERE = "digits_held_here"
    DIGITS_NO_VOICE = "digits_no_voice"
    DIGITS_NOT_AGREED = "digits_not_agreed"
    DIGITS_REFUSED = "digits_refused"
    DIGITS_UNANSWERED = "digits_unanswered"
    DIGITS_GARBLED = "digits_garbled"
    DIGITS_FAILED = "digits_failed"
    DIGITS_CALL_ENDED = "digits_call_ended"

    # A recording that ended by itself
    RECORDING_FULL = "recording_full"
    RECORDING_FAILED = "recording_failed"
    RECORDING_EMPTY = "recording_empty"

    # A transfer
    TRANSFER_REFUSED = "transfer_refused"
    TRANSFER_UNANSWERED = "transfer_unanswered"
    TRANSFER_UNREPORTED = "transfer_unreported"
    NO_REPLACES = "no_replaces"

    # A text message
    TEXT_REFUSED = "text_refused"

    # The user's own state
    STATE_REFUSED = "state_refused"

    # The end of a call
    NO_SESSION_TIMER = "no_session_timer"
    NOT_RENEWED = "not_renewed"
    SERVER_SILENT = "server_silent"
    REDIRECTED = "redirected"
    UNCONFIRMED = "unconfirmed"
    UNREACHABLE = "unreachable"
    UNACKNOWLEDGED = "unacknowledged"
    SILENCE = "silence"
    CALLER_GONE = "caller_gone"
    ELSEWHERE = "answered_elsewhere"
    CONNECTION_GONE = "connection_gone"
    OTHER_USER = "other_user"
    REJECTED = "rejected"
    NOT_STARTED = "not_started"
    WORKER_GONE = "worker_gone"
    PHONE_STOPPED = "phone_stopped"
    TRANSFERRED = "transferred"
    PASSED_ON = "passed_on"
    REPLACED = "replaced"
    NO_CALL_TO_REPLACE = "no_call_to_replace"
    NOT_REPLACED = "not_replaced"
    DECLINED = "declined"
    DECLINED_AS_BUSY = "declined_as_busy"
    DECLINED_AS_UNAVAILABLE = "declined_as_unavailable"
    DO_NOT_DISTURB = "do_not_disturb"
    IN_A_CALL = "in_a_call"
    FORWARDED = "forwarded"
    FORWARDED_AS_BUSY = "forwarded_as_busy"
    FORWARDED_UNANSWERED = "forwarded_unanswered"
    BLOCKED = "blocked"


CERTIFICATES = (
    CauseKind.CERTIFICATE_EXPIRED,
    CauseKind.CERTIFICATE_NOT_YET,
    CauseKind.CERTIFICATE_SELF_SIGNED,
    CauseKind.CERTIFICATE_UNTRUSTED,
    CauseKind.CERTIFICATE_NO_ISSUER,
    CauseKind.CERTIFICATE_NOT_BY_ISSUER,
    CauseKind.CERTIFICATE_MAY_NOT_ISSUE,
    CauseKind.CERTIFICATE_NOT_ALLOWED,
    CauseKind.CERTIFICATE_REVOKED,
    CauseKind.CERTIFICATE_PURPOSE,
    CauseKind.CERTIFICATE_UNREADABLE,
    CauseKind.CERTIFICATE_TOO_LONG,
    CauseKind.CERTIFICATE_WEAK_SIGNATURE,
    CauseKind.CERTIFICATE_WEAK_KEY,
    CauseKind.CERTIFICATE_OTHER_NAME,
    CauseKind.CERTIFICATE_REFUSED,
)
"""Flaws of a server's certificate, in the order of their report."""

_OF_TRUST = frozenset((*CERTIFICATES, CauseKind.OTHER_KEY, CauseKind.STOPPED_FOR_KEY))


class Cause(msgspec.Struct, frozen=True):
    """Cause with the values of its sentence, in that order.

    `also` are causes that hold at the same time, such as a certificate's.
    """

    kind: CauseKind
    detail: tuple[str | int, ...] = ()
    also: tuple[Cause, ...] = ()

    @property
    def of_trust(self) -> bool:
        """True if a server was refused for its certificate or key."""
        return self.kind in _OF_TRUST
