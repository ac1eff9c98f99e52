"""SIP connections as PJSIP reports them to the worker."""

from __future__ import annotations

from typing import cast

import pjsua2 as pj
import pytest

from voip.worker.tls.connections import Connections


@pytest.mark.parametrize(
    ("kind", "shown", "address"),
    [
        ("TLS", "192.0.2.1:5061", "192.0.2.1"),
        ("TLS", "[2001:db8::1]:5061", "2001:db8::1"),
        ("TCP", "", None),
    ],
)
def test_the_address_behind_the_name_that_was_dialled(
    kind: str, shown: str, address: str | None
) -> None:
    prm = pj.OnTransportStateParam()
    prm.type = kind
    prm.state = pj.PJSIP_TP_STATE_CONNECTED
    prm.tlsInfo.remoteAddr = shown
    event = Connections().on_state(prm, cast(pj.Endpoint, None))  # asked of errors alone
    assert event is not None
    assert event.address == address
