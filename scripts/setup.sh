# shellcheck shell=sh
# Set-up of the machine, once, for ./offhook and ./check.
#
# Every step can be interrupted and continued: a finished step is skipped, and
# the stamp that ends the set-up is written last.

# The script that reads this file sets "here".
# shellcheck disable=SC2154
venv=$here/.venv
cache=${XDG_CACHE_HOME:-$HOME/.cache}/offhook
setup_log=$cache/setup.log

packages_build='build-essential swig pkg-config patch xz-utils libssl-dev libasound2-dev
  libasound2-plugins libpulse-dev libspeex-dev libspeexdsp-dev libgsm1-dev
  libbcg729-dev uuid-dev'
packages_check='kamailio kamailio-presence-modules kamailio-tls-modules baresip sip-tester tmux pulseaudio pulseaudio-utils
  pipewire pipewire-pulse wireplumber rtkit espeak-ng tshark openssl shellcheck procps libnss-wrapper gnupg iproute2 util-linux
  coturn nftables tayga rtpengine-daemon libopus0 desktop-file-utils xdg-utils libglib2.0-bin dbus'

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "offhook: $*"
  exit 3
}

# Checksum of everything that the environment is built from.
fingerprint() {
  cat "$here/pyproject.toml" "$here"/requirements/*.txt "$here"/voip/native/*.py \
    "$here"/voip/native/sources/*.py "$here"/voip/native/*.sha256 "$here"/voip/native/*.[hi] \
    "$here"/voip/native/*/*.[ch] "$here"/voip/native/patches/*.patch "$here/scripts/setup.sh" | cksum
}

is_ready() { # run|check
  [ -x "$venv/bin/offhook" ] && [ -f "$venv/.ready-$1" ] &&
    [ "$(cat "$venv/.ready-$1")" = "$(fingerprint)" ]
}

set_up() { # run|check
  started=$(date +%s)
  mkdir -p "$cache"
  : >"$setup_log"
  # Of two set-ups at once the second waits, and then has nothing to do.
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$cache/setup.lock"
    flock -n 9 || {
      say "Another set-up of Offhook is running; this one waits for it."
      flock 9
    }
    if is_ready "$1"; then
      exec 9>&-
      return
    fi
  fi
  say "Offhook is setting itself up; this happens once and takes about five minutes."
  step 1 "system packages"
  python=$(choose_python)
  install_packages "$1"
  python=$(choose_python)
  [ -n "$python" ] || fail "Python 3.11 or newer is needed (set OFFHOOK_PYTHON to choose one)."
  step 2 "pjsua2, the phone's library for calls"
  wheel=$(cd "$here" && "$python" -m voip.native.build) || exit 3
  step 3 "Python packages"
  make_venv "$1"
  fingerprint >"$venv/.ready-$1.new"
  mv "$venv/.ready-$1.new" "$venv/.ready-$1"
  # Later children outlive this script and must not hold the lock.
  exec 9>&-
  say "Offhook is ready."
}

step() { # number words
  say "step $1 of 3  $(($(date +%s) - started)) s  $2 (log: $setup_log)"
}

# A distribution's Python first: one that was compiled without profiles, as pyenv does by
# itself, takes a sixth more of the processor for the same work.
choose_python() {
  for candidate in ${OFFHOOK_PYTHON:-} /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

install_packages() { # run|check
  wanted=$packages_build
  # The system's Python needs its headers and venv from the system too.
  case ${python:-/usr/bin/python3} in
  /usr/bin/*) wanted="$wanted python3-dev python3-venv" ;;
  esac
  if [ "$1" = check ]; then wanted="$wanted $packages_check"; fi
  if ! command -v apt-get >/dev/null 2>&1; then
    say "  not a Debian system: what is missing will be named by the next step"
    return
  fi
  missing=
  for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing="$missing $package"
  done
  if [ -z "$missing" ]; then return; fi
  if [ "$(id -u)" = 0 ]; then
    become=
  elif command -v sudo >/dev/null 2>&1; then
    become=sudo
  else
    say "  these packages are missing, and only root may install them:"
    say "    apt-get install$missing"
    exit 3
  fi
  say "  installing:$missing"
  # shellcheck disable=SC2086 # words are meant to be split
  if ! { $become apt-get -q update && $become env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y --no-install-recommends install $missing; } >>"$setup_log" 2>&1 </dev/null; then
    tail -n 5 "$setup_log" >&2
    fail "installing packages failed; $setup_log has all of it. By hand: apt-get install$missing"
  fi
}

installation_of() { # Python
  "$1" -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null
}

pip_install() { # words
  "$venv/bin/python" -m pip install --disable-pip-version-check "$@"
}

make_venv() { # run|check
  # The wheel is for the Python chosen, which need not be that of an earlier set-up.
  if [ "$(installation_of "$venv/bin/python")" != "$(installation_of "$python")" ]; then
    rm -rf "$venv"
    "$python" -m venv "$venv" >>"$setup_log" 2>&1 ||
      fail "$python cannot make a virtual environment; $setup_log says why"
  fi
  # Only the lock's files are installed, by their hashes: Offhook's build tools
  # are among them, or pip would fetch a build environment of its own choice.
  if ! { pip_install --require-hashes --only-binary :all: -r "$here/requirements/$1.txt" &&
    pip_install --force-reinstall --no-deps "$wheel" &&
    pip_install --no-deps --no-build-isolation -e "$here"; } >>"$setup_log" 2>&1 </dev/null; then
    tail -n 5 "$setup_log" >&2
    fail "installing Python packages failed; $setup_log has all of it"
  fi
}
