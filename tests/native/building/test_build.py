"""The installed pjsua2 is the locked source with every patch."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pjsua2 as pj
import pytest

from tests.native.conftest import NewProbe
from tests.support.archives import VERSION_MAK
from tests.support.pki import Leaf
from tests.support.preload import SANITIZERS
from voip.native import inputs, mark, wheel
from voip.protocol.settings import Audio
from voip.protocol.worker.base import Role
from voip.protocol.worker.process import Configure
from voip.worker import endpoint

# The installed library


def _mark() -> mark.Mark:
    return mark.read(pj.offhookMark(), pj.tlsLibrary())


def test_it_carries_the_patches_that_are_here() -> None:
    assert _mark().patches == tuple(path.stem for path in inputs.PATCHES)
    assert len(inputs.PATCHES) == len(list((inputs.HERE / "patches").iterdir()))


def test_it_was_built_from_what_is_here() -> None:
    key = inputs.build_key(
        source=os.environ.get("PJPROJECT_SOURCE", ""), sanitized=SANITIZERS in os.environ
    )
    assert json.loads(pj.offhookMark())["key"] == key, "it is stale: run ./check once"


def test_it_is_pjsip_2_17_or_newer() -> None:
    numbers = tuple(int(part) for part in re.findall(r"\d+", _mark().pjsip))
    assert numbers >= (2, 17)


def test_it_uses_openssl_3_or_newer() -> None:
    match = re.match(r"OpenSSL (\d+)\.", _mark().tls_library)
    assert match is not None, _mark().tls_library
    assert int(match[1]) >= 3


def test_its_libopus_is_the_one_that_was_built_for_it() -> None:
    assert pj.opusLibrary() == f"libopus {inputs.LIBOPUS_VERSION}"


def test_its_libsrtp_is_the_one_that_was_built_for_it() -> None:
    assert pj.srtpLibrary() == f"libsrtp2 {inputs.LIBSRTP_VERSION}"


def test_its_ciphers_are_those_of_openssl() -> None:
    library = Path(pj.__file__).with_name(wheel.extension_name())
    linked = subprocess.run(["ldd", library], capture_output=True, text=True, check=True).stdout
    assert "libcrypto" in linked
    # Debian's libsrtp, and its ciphers.
    assert not re.search(r"libsrtp|libnss", linked)


def test_it_passes_the_workers_own_check() -> None:
    mark.check(_mark())


def test_without_a_patch_it_would_not_pass_the_workers_own_check() -> None:
    *others, last = _mark().patches
    with pytest.raises(mark.UnsuitableLibrary, match=last):
        mark.check(mark.Mark(_mark().pjsip, tuple(others), _mark().tls_library))


def test_it_has_eight_suites_of_srtp_and_none_without_a_cipher() -> None:
    assert sorted(pj.srtpSuites()) == [
        "AEAD_AES_128_GCM",
        "AEAD_AES_128_GCM_8",
        "AEAD_AES_256_GCM",
        "AEAD_AES_256_GCM_8",
        "AES_256_CM_HMAC_SHA1_32",
        "AES_256_CM_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_32",
        "AES_CM_128_HMAC_SHA1_80",
    ]


async def test_it_has_the_codecs_that_calls_need(new_probe: NewProbe) -> None:
    ready = await (await new_probe()).until("ready")
    codecs = {codec.rpartition("/")[0] for codec in ready["codecs"]}
    assert codecs >= {"opus/48000", "G722/16000", "PCMA/8000", "PCMU/8000"}


def test_its_types_are_installed_beside_it() -> None:
    files = {str(file) for file in importlib.metadata.files("pjsua2") or ()}
    stub = Path(pj.__file__).parent / "pjsua2-stubs" / "__init__.pyi"
    assert "pjsua2-stubs/__init__.pyi" in files
    text = stub.read_text()
    # Without these names, uses of the patches would fail type checking.
    for words in ("allowWildcard: bool", "listen: bool", "srtp: SrtpInfo", "rawChain: Str"):
        assert words in text


async def test_its_log_never_tells_keys_however_much_is_asked_for(
    new_probe: NewProbe, host: str, leaf: Leaf
) -> None:
    callee = await new_probe(
        bound=host, listen=True, certificate=str(leaf.certificate), key=str(leaf.key), answer=200,
        log_level=6,
    )  # fmt: skip
    caller = await new_probe(bound=host, log_level=6)
    address = (await callee.until("ready"))["address"]
    await caller.tell("call", uri=f"sip:alice@{address};transport=tls")
    await caller.until("srtp", lambda event: event["accepted"] > 0)
    for probe in (caller, callee):
        assert await probe.quit() == 0
        log = probe.log.read_text()
        assert "DEBUG:" in log  # level 4
        assert "TRACE:" not in log  # level 5
        assert "DETRC:" not in log
        assert "inline:" not in log
        assert "Crypto-suite" in log


def test_no_name_server_is_given_to_pjsip() -> None:
    given: list[pj.EpConfig] = []

    class Recorder(pj.Endpoint):
        def libCreate(self) -> None:  # noqa: N802
            pass

        def libInit(self, config: pj.EpConfig) -> None:  # noqa: N802
            given.append(config)
            raise NotImplementedError

    with pytest.raises(NotImplementedError):
        endpoint.start(Recorder(), Configure(Role.SECURE, "Offhook", Audio(), silent=True))
    assert list(given[0].uaConfig.nameserver) == []


# The source


def test_the_build_refuses_a_tampered_source_before_it_runs_anything_of_it(tmp_path: Path) -> None:
    root = tmp_path / "pjproject"
    root.mkdir()
    (root / "version.mak").write_text(VERSION_MAK.decode())
    trap = root / "aconfigure"
    trap.write_text(f"touch {tmp_path / 'trapped'}\n")
    cache = tmp_path / "cache"
    done = subprocess.run(
        [sys.executable, "-m", "voip.native.build"],
        cwd=inputs.HERE.parents[1],
        env={**os.environ, "PJPROJECT_SOURCE": str(root), "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "offhook: pjsua2 could not be built: this is not PJSIP 2.17" in done.stderr
    assert not (tmp_path / "trapped").exists()
    assert list(cache.rglob("*.whl")) == []
