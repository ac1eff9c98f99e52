"""Runs one target with atheris for a given time.

Its findings stay in the folder `tests/artefacts/fuzz/TARGET`: inputs worth
starting from the next time, and `crash-…` for a failure.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["voip", "tui", "tomlkit"]):
    from tests.fuzz.mutation import mutated
    from tests.fuzz.seeds import SEEDS, TARGETS

_ARTEFACTS = Path(__file__).parent.parent / "artefacts" / "fuzz"
_LONGEST = 4096
_PATIENCE_S = 10


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz one target.")
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=600)
    given = parser.parse_args()
    check = TARGETS[given.target]
    folder = _ARTEFACTS / given.target
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[check]):
        (corpus / f"seed-{number}").write_bytes(seed)
    logging.disable()
    with contextlib.suppress(NotImplementedError):
        atheris.enabled_hooks.add("RegEx")
    words = [
        sys.argv[0], f"-max_total_time={given.seconds}", f"-max_len={_LONGEST}",
        f"-timeout={_PATIENCE_S}", "-print_final_stats=1", f"-artifact_prefix={folder}/",
        str(corpus),
    ]  # fmt: skip

    def change(data: bytes, longest: int, seed: int) -> bytes:
        rng = random.Random(seed)
        # Regular expressions show no coverage of their own: without a well-formed
        # text for every second input, atheris would learn little about them.
        if rng.random() < 0.5:
            return mutated(rng.choice(SEEDS[check]), rng)[:longest]
        changed: bytes = atheris.Mutate(data, longest)
        return mutated(changed, rng)[:longest] if rng.random() < 0.5 else changed

    atheris.Setup(words, check, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
