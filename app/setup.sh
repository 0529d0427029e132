# Sourced by app/run.sh and tests/run.sh: installs what is missing and builds. Not run by itself.
#   selfsight_install            the Debian packages of app/packages.txt that are missing
#   selfsight_build [option...]  configures once and builds into build/release; options go to cmake

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
build="$root/build/release"

selfsight_install() {
  local missing=() package as_root=()
  while read -r package; do
    case "$package" in ''|'#'*) continue ;; esac
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done < "$root/app/packages.txt"
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing Debian packages: ${missing[*]}. Install them as root: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

selfsight_build() {
  if [ ! -f "$build/build.ninja" ] || [ $# -gt 0 ]; then
    (cd "$root" && cmake --preset release "$@" >&2)
  fi
  cmake --build "$build" >&2
}
