"""What the installed pjsua2 is, and that no other source is built into one."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pjsua2 as pj
import pytest

from tests.native.conftest import NewProbe
from tests.support.pki import Leaf
from voip.native import inputs, mark, source
from voip.protocol.worker import AudioSettings, Configure, Role
from voip.worker import endpoint

# The installed library


def _mark() -> mark.Mark:
    return mark.read(pj.offhookMark(), pj.tlsLibrary())


def test_it_carries_the_patches_that_are_here() -> None:
    assert _mark().patches == tuple(path.stem for path in inputs.PATCHES)
    assert len(inputs.PATCHES) == len(list((inputs.HERE / "patches").iterdir()))


def test_it_was_built_from_what_is_here() -> None:
    key = inputs.build_key(source=os.environ.get("PJPROJECT_SOURCE", ""))
    assert json.loads(pj.offhookMark())["key"] == key, "it is stale: run ./check once"


def test_it_is_pjsip_2_17_or_newer() -> None:
    numbers = tuple(int(part) for part in re.findall(r"\d+", _mark().pjsip))
    assert numbers >= (2, 17)


def test_it_uses_openssl_3_or_newer() -> None:
    match = re.match(r"OpenSSL (\d+)\.", _mark().tls_library)
    assert match is not None, _mark().tls_library
    assert int(match[1]) >= 3


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
    # What the patches add is there to be checked.
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
        endpoint.start(Recorder(), Configure(Role.SECURE, "Offhook", AudioSettings(null=True)))
    assert list(given[0].uaConfig.nameserver) == []


# The source

FILES = {
    "version.mak": "export PJ_VERSION_MAJOR := 2\nexport PJ_VERSION_MINOR := 17\n",
    "pjsip/src/main.c": "int main(void) { return 0; }\n",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of two files, and a manifest in which they are what is compiled."""
    root = tmp_path / "pjproject"
    lines = []
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
        lines.append(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n")
    listed = tmp_path / "manifest"
    listed.write_text("".join(lines))
    monkeypatch.setattr(source, "MANIFEST", listed)
    monkeypatch.setenv("PJPROJECT_SOURCE", str(root))
    return root


def _obtained(tmp_path: Path) -> source.Source:
    return source.obtain(tmp_path / "work", tmp_path / "log")


def test_the_source_as_it_was_released_is_taken(tree: Path, tmp_path: Path) -> None:
    found = _obtained(tmp_path)
    assert (found.root, found.version) == (tree, "2.17")
    assert source.check(found) is None


def test_an_archive_of_the_source_is_taken(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PJPROJECT_SOURCE", str(_packed(tree, tmp_path)))
    assert source.check(_obtained(tmp_path)) is None


@pytest.mark.parametrize("packed", [False, True])
def test_a_tampered_source_is_refused(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    with (tree / "pjsip/src/main.c").open("a") as file:
        file.write("/* one more line */\n")
    if packed:
        monkeypatch.setenv("PJPROJECT_SOURCE", str(_packed(tree, tmp_path)))
    with pytest.raises(source.SourceError) as refusal:
        source.check(_obtained(tmp_path))
    assert "this is not PJSIP 2.17 as it was released: 1 files do not match" in str(refusal.value)
    assert "different: pjsip/src/main.c" in str(refusal.value)
    assert "PJPROJECT_SOURCE=" in str(refusal.value)


def test_a_tampered_source_that_calls_itself_newer_is_refused(tree: Path, tmp_path: Path) -> None:
    (tree / "version.mak").write_text(FILES["version.mak"].replace("17", "18"))
    found = _obtained(tmp_path)
    assert found.version == "2.18"
    with pytest.raises(source.SourceError, match=r"different: version\.mak"):
        source.check(found)


def test_a_newer_source_that_a_package_manager_vouches_for_is_told_of(
    tree: Path, tmp_path: Path
) -> None:
    (tree / "version.mak").write_text(FILES["version.mak"].replace("17", "18"))
    found = _obtained(tmp_path)
    notice = source.check(source.Source(found.root, found.version, authenticated=True))
    assert notice is not None
    assert "2.18" in notice


def test_a_source_that_lacks_a_file_is_refused(tree: Path, tmp_path: Path) -> None:
    (tree / "pjsip/src/main.c").unlink()
    with pytest.raises(source.SourceError, match=r"missing: pjsip/src/main\.c"):
        source.check(_obtained(tmp_path))


def test_the_build_refuses_a_tampered_source_before_it_runs_anything_of_it(tmp_path: Path) -> None:
    root = tmp_path / "pjproject"
    root.mkdir()
    (root / "version.mak").write_text(FILES["version.mak"])
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


def test_a_source_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PJPROJECT_SOURCE", str(tmp_path / "nowhere"))
    with pytest.raises(source.SourceError, match="nowhere is neither a folder nor an archive"):
        _obtained(tmp_path)


def _packed(tree: Path, tmp_path: Path) -> Path:
    archive = tmp_path / "pjproject.tar.xz"
    with tarfile.open(archive, "w:xz") as file:
        file.add(tree, "pjproject-2.17")
    return archive
