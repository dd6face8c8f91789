#!/bin/sh
# Prepare everything that `make demo` (run) or `make test` (dev) needs. As root on Debian it installs what is missing;
# otherwise it says what to install. Usage: PYTHON=python3 VENV=.venv sh tools/setup.sh run|dev
set -eu
kind=${1:-run}
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
packages=""

need() { # need PACKAGE TEST…: remember PACKAGE when TEST fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || packages="$packages $package"
}

installed() { dpkg -s "$1"; }

command -v "$PYTHON" >/dev/null 2>&1 || packages="$packages python3"
need python3-venv "$PYTHON" -c 'import ensurepip, venv'
if [ "$kind" = dev ]; then
    command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages="$packages postgresql"
    need chromium sh -c 'command -v chromium'
    need fonts-noto-cjk installed fonts-noto-cjk
    need gettext sh -c 'command -v msgfmt'
    need xmlsec1 sh -c 'command -v xmlsec1'
    need ffmpeg sh -c 'command -v ffmpeg'
fi
if [ -n "$packages" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing:$packages"
        apt-get update -qq
        # shellcheck disable=SC2086  # a list of packages
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    else
        echo "please install first (Debian names):$packages" >&2
        exit 3
    fi
fi

"$PYTHON" - <<'CHECK'
import sys
if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Set PYTHON=/path/to/python3.11")
CHECK

# Where python3-venv was missing at first, an environment without pip is left behind.
"$VENV/bin/python" -m pip --version >/dev/null 2>&1 || "$PYTHON" -m venv "$VENV"
extras=video
[ "$kind" = dev ] && extras=dev,video,s3
echo "installing Piepowder into $VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".[$extras]"
