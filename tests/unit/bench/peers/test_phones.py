"""Phones of the bench that are not installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.bench.peers.phones.baresip import Baresip
from tests.bench.peers.phones.base import Missing, Setup
from tests.bench.peers.phones.linphone import Linphone
from tests.bench.peers.phones.twinkle import Twinkle


@pytest.mark.parametrize(
    ("phone", "package"),
    [(Baresip, "baresip-core"), (Linphone, "linphone-cli"), (Twinkle, "twinkle-console")],
)
def test_a_missing_phone_names_its_package(
    phone: type[Baresip | Linphone | Twinkle],
    package: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(Missing, match=f"{phone.name} is not installed.* {package}"):
        phone(tmp_path, Setup({}, tmp_path / "ca.pem", 5061, 5060))
