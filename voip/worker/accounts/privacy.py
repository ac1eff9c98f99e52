"""Anonymous calls (RFC 3323 section 4.1).

They use a second, anonymous account beside the one that registers: PJSIP
would put the account's user into the Contact of its calls. `Privacy: id`
(RFC 3325 section 9.3) asks the server to withhold the identity. There is no
P-Preferred-Identity: a server that does not know the header would pass it on to
the far end.
"""

from __future__ import annotations

import pjsua2 as pj

from voip.worker import headers
from voip.worker.accounts.alias import without_registration
from voip.worker.accounts.attribution import ANONYMOUS_USER

ANONYMOUS = f'"Anonymous" <sip:{ANONYMOUS_USER}@anonymous.invalid>'
"""Anonymous address of RFC 3323 section 4.1.1.3."""


def config(own: pj.AccountConfig) -> pj.AccountConfig:
    """Owner's configuration, anonymous and without registration."""
    own.idUri = ANONYMOUS
    return without_registration(own)


def ask_for_privacy(options: pj.CallOpParam) -> None:
    """Add the request for privacy to a message of a call."""
    headers.add(options, "Privacy", "id")
