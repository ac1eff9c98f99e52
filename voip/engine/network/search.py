"""Search of an account's check as clients get it: names, then addresses."""

from __future__ import annotations

import time

from voip.causes import Cause, CauseKind
from voip.engine.intake import clean_event
from voip.engine.network.locator import Located, Step
from voip.protocol.accounts import CheckedTarget, Family, Lookup, LookupOutcome
from voip.protocol.worker.accounts import Target
from voip.sip.sentences import sentence

_FAMILIES = {Family.IPV4: "IPv4", Family.IPV6: "IPv6"}


class Search:
    """Lookups of a check, and the outcome at each target."""

    def __init__(self, located: Located) -> None:
        self._sent = 0.0
        self._targets = {target: _untried(target) for target in located.targets}
        self.lookups = tuple(map(_lookup, located.steps))

    @property
    def targets(self) -> tuple[CheckedTarget, ...]:
        return tuple(self._targets.values())

    @property
    def taken(self) -> Target | None:
        """Target that answered, if one did."""
        return next((target for target, it in self._targets.items() if it.taken), None)

    def sent(self) -> None:
        """Start the time of an answer."""
        self._sent = time.monotonic()

    def answered(self, target: Target) -> None:
        """Note the answer to what was sent."""
        self._take(target, milliseconds_since(self._sent))

    def shook_hands(self, target: Target) -> None:
        """Note a handshake, after which no request is sent."""
        self._take(target, None)

    def failed(self, target: Target, cause: Cause) -> None:
        """Note why a target is not taken."""
        self._note(target, False, cause, None, f"{target}: {_why(cause)}")

    def _take(self, target: Target, rtt_ms: int | None) -> None:
        in_time = "" if rtt_ms is None else f" in {rtt_ms} ms"
        self._note(
            target, True, None, rtt_ms, f"{target} answered{in_time}, {_FAMILIES[_family(target)]}"
        )

    def _note(
        self, target: Target, taken: bool, cause: Cause | None, rtt_ms: int | None, text: str
    ) -> None:
        self._targets[target] = clean_event(
            CheckedTarget(target.address, target.port, _family(target), taken, cause, rtt_ms, text)
        )


def milliseconds_since(sent: float) -> int:
    """Return whole milliseconds since a monotonic time."""
    return round((time.monotonic() - sent) * 1000)


def _untried(target: Target) -> CheckedTarget:
    text = f"{target} was not tried"
    return CheckedTarget(target.address, target.port, _family(target), False, None, None, text)


def _family(target: Target) -> Family:
    return Family.IPV6 if target.is_ipv6 else Family.IPV4


def _why(cause: Cause) -> str:
    # The sentence has both fingerprints, and stands at the certificate.
    other_key = cause.kind is CauseKind.OTHER_KEY
    return "the server shows another key" if other_key else sentence(cause)


def _lookup(step: Step) -> Lookup:
    # DNS answers are anybody's.
    return clean_event(
        Lookup(step.record, step.name, step.outcome, step.records, step.stale, _words(step))
    )


def _words(step: Step) -> str:
    of_addresses = step.record == "A/AAAA"
    kind = "addresses" if of_addresses else f"{step.record} records"
    match step.outcome:
        case LookupOutcome.ANSWERED if step.records:
            records = ", ".join(step.records)
            kept = " (from before: no name server answers)" if step.stale else ""
            name = f"{step.name} is at" if of_addresses else f"{step.record} {step.name}:"
            return f"{name} {records}{kept}"
        case LookupOutcome.ANSWERED:
            # Records of other kinds are passed over.
            return f"{step.name} has no usable {kind}"
        case LookupOutcome.NO_NAME if of_addresses:
            return f"{step.name} is not found"
        case LookupOutcome.NO_NAME | LookupOutcome.NO_RECORD:
            return f"{step.name} has no {kind}"
        case LookupOutcome.FAILED:
            return f"the name server failed to look up {kind} of {step.name}"
        case LookupOutcome.SILENT:
            return f"no name server answered for {kind} of {step.name}"
