"""Numbers in the habits of an account's country and server (ITU-T E.164).

A number that is not certainly one of the country stays as typed: short numbers,
service codes, and local numbers, which lack their area code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

# The library makes valid numbers of service codes (**620) and of extensions.
_WHOLE = re.compile(r"\+?[0-9]{7,20}")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")
_NOT_DIGITS = re.compile(r"[^0-9]")

_EMERGENCY = frozenset(("000", "08", "110", "112", "118", "119", "911", "999"))
"""Emergency numbers of every telephone (3GPP TS 22.101 section 10.1.1)."""

NO_TRUNK = "none"
"""Trunk prefix of a server that takes national numbers without one."""


class Plan(msgspec.Struct, frozen=True):
    """Dialling plan of an account.

    `country` is an ISO 3166 code, empty if unknown. `plus` stands for “+” at the
    server. With a `trunk` prefix, numbers of the country are sent in national form.
    A server without “+” and trunk prefix gets digits as they were dialled.
    """

    country: str = ""
    plus: str = "+"
    trunk: str = ""

    def on_the_wire(self, number: str) -> str:
        """Number as the account's server takes it, or as it was typed."""
        if self.plus != "+" and not self.trunk and not number.startswith("+"):
            return number
        whole = None if is_emergency(number, self.country) else self.e164(number)
        if whole is None:
            return number
        # Another number than the typed one would be somebody else's.
        return next((sent for sent in self._forms(whole) if self.e164(sent) == whole), number)

    def e164(self, number: str) -> str | None:
        """The number as “+”, country code and digits; None if that is not certain."""
        if not may_be_whole(number):
            return None
        if number.startswith("+"):
            return self._international(number)
        if self.plus != "+" and number.startswith(self.plus):
            whole = self._international(f"+{number.removeprefix(self.plus)}", known=True)
            if whole is not None:
                return whole
        return self._national(number) if self.country else None

    def grouped(self, number: str) -> str:
        """The number with spaces as its country writes it; no digit is changed."""
        if not may_be_whole(number) or not (number.startswith("+") or self.country):
            return number
        found = _parsed(number, self.country or None)
        if found is None:
            return number
        from phonenumbers import PhoneNumberFormat, format_number

        style = PhoneNumberFormat.INTERNATIONAL
        if not number.startswith("+"):
            style = PhoneNumberFormat.NATIONAL
        shown: str = format_number(found, style)
        same = _NOT_DIGITS.sub("", shown) == number.removeprefix("+")
        return shown if same and shown.startswith("+") is number.startswith("+") else number

    def _international(self, number: str, *, known: bool = False) -> str | None:
        """Canonical form of a number with “+”; with `known`, of a valid one only."""
        if not self.country:
            return number if _INTERNATIONAL.fullmatch(number) else None
        found = _parsed(number)
        if found is not None:
            return _e164(found)
        return number if not known and _INTERNATIONAL.fullmatch(number) else None

    def _national(self, number: str) -> str | None:
        from phonenumbers import CountryCodeSource

        if self.trunk:
            rest = number.removeprefix("" if self.trunk == NO_TRUNK else self.trunk)
            if rest != number or self.trunk == NO_TRUNK:
                found = _parsed(f"+{_habits(self.country).code}{rest}")
                if found is not None and found.country_code == _habits(self.country).code:
                    return _e164(found)
        found = _parsed(number, self.country)
        if found is None:
            return None
        if found.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD:
            return _e164(found)
        return _e164(found) if self._is_complete(number, found) else None

    def _is_complete(self, number: str, found: PhoneNumber) -> bool:
        """True for a national number that is typed with its prefix where it needs one.

        30123456 is a local number in Munich, and with 0 in front one of Berlin.
        """
        from phonenumbers import PhoneNumberFormat, format_number, national_significant_number

        habits = _habits(self.country)
        written = _NOT_DIGITS.sub("", format_number(found, PhoneNumberFormat.NATIONAL))
        significant = national_significant_number(found)
        prefixed = f"{habits.prefix}{significant}" if habits.prefix else written
        return found.country_code == habits.code and number in (written, prefixed)

    def _forms(self, whole: str) -> tuple[str, ...]:
        """Forms of a number to send, the preferred one first."""
        international = self.plus + whole.removeprefix("+")
        code = f"+{_habits(self.country).code}" if self.country and self.trunk else ""
        found = _parsed(whole) if code and whole.startswith(code) else None
        if found is None:
            return (international,)
        from phonenumbers import national_significant_number

        prefix = "" if self.trunk == NO_TRUNK else self.trunk
        return (f"{prefix}{national_significant_number(found)}", international)


def may_be_whole(number: str) -> bool:
    """True for digits that could be a whole number of some country."""
    return _WHOLE.fullmatch(number) is not None


def is_emergency(number: str, country: str) -> bool:
    """True for an emergency number, of `country` or where that is unknown of any."""
    if not number.isascii() or not number.isdecimal():
        return False
    if not country:
        return number in _EMERGENCY
    from phonenumbers import is_emergency_number

    return number in ("112", "911") or bool(is_emergency_number(number, country))


def is_country(code: str) -> bool:
    """True for the ISO 3166 code of a country with telephones."""
    from phonenumbers import SUPPORTED_REGIONS

    return code in SUPPORTED_REGIONS


class _Habits(NamedTuple):
    """Country code, and the prefix of national calls if there is one."""

    code: int
    prefix: str


def _habits(country: str) -> _Habits:
    from phonenumbers import country_code_for_region, ndd_prefix_for_region

    prefix = ndd_prefix_for_region(country, True)
    return _Habits(country_code_for_region(country), prefix or "")


def _parsed(number: str, country: str | None = None) -> PhoneNumber | None:
    """The valid number that a text is, None for any other."""
    # Loading the library takes as long as drawing a screen: it waits for a number.
    from phonenumbers import NumberParseException, is_valid_number, parse

    try:
        found = parse(number, country, keep_raw_input=True)
    except NumberParseException:
        return None
    return found if is_valid_number(found) else None


def _e164(found: PhoneNumber) -> str:
    from phonenumbers import PhoneNumberFormat, format_number

    text: str = format_number(found, PhoneNumberFormat.E164)
    return text
