#!/bin/sh
# Writes requirements/*.txt: every Python package of the product and of its
# checks, in one version each, with the hashes of its files. Arguments are passed
# on to uv: scripts/lock.sh --upgrade, or --upgrade-package textual.
set -eu

cd "$(dirname -- "$0")/.."
command -v uv >/dev/null 2>&1 || {
  echo 'lock.sh: uv is needed: python3 -m pip install uv' >&2
  exit 3
}

lock() { # name of the lock, arguments for uv
  name=$1
  shift
  # Offhook's own build requirements are installed from the lock too.
  python3 -c 'import tomllib
for line in tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"]: print(line)' |
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
      --only-binary :all: --no-annotate --custom-compile-command scripts/lock.sh \
      --output-file "requirements/$name.txt" pyproject.toml - "$@"
}

lock run "$@"
# The checks must run the product's versions.
lock check --extra test --constraints requirements/run.txt "$@"
