#!/usr/bin/env bash
# Makes the vendored files of the report again and checks them. Needs npm, and for the font fonttools and DejaVu Sans 2.37.
set -euo pipefail
cd "$(dirname "$0")/../crates/lab/assets"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$work" && npm pack --silent echarts@6.1.0 >/dev/null && tar xzf echarts-6.1.0.tgz)
echo "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0  $work/package/dist/echarts.min.js" | sha256sum --check
gzip -9nc "$work/package/dist/echarts.min.js" > echarts.min.js.gz
cp "$work/package/LICENSE" echarts-LICENSE.txt
cp "$work/package/NOTICE" echarts-NOTICE.txt

font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
if command -v pyftsubset >/dev/null && [ -f "$font" ]; then
  signs="U+20-7E,U+A0-17F,U+370-3FF,U+2010-2027,U+2030-2044,U+2070-209F,U+2190-2199,U+2200-222B,U+2248,U+2260-2265,U+22A4,U+22A5"
  signs="$signs,U+27C2,U+27E8,U+27E9,U+2016,U+1D40,U+2032,U+2033,U+25CF,U+25C6,U+2713"
  pyftsubset "$font" --unicodes="$signs" --layout-features=kern --no-hinting --output-file=DejaVuSans-subset.ttf
else
  echo "no pyftsubset or no DejaVu Sans: the font was left as it is" >&2
fi
