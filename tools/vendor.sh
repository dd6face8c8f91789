#!/bin/sh
# Fetches the front end's libraries from the npm registry and copies what is served into static/vendor/.
# Run it after changing a version here or a name in static/vendor/icons.txt; commit the result.
set -eu

TABLER=1.6.1
ICONS=3.51.0
HTMX=2.0.11
HLS=1.7.4
PDFJS=6.5.438

web="$(cd "$(dirname "$0")/.." && pwd)/src/piepowder/web"
vendor="$web/static/vendor"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

unpack() {
    (cd "$work" && npm pack --silent "$1" >/dev/null && mkdir "$2" && tar xzf ./*.tgz -C "$2" --strip-components=1 && rm ./*.tgz)
}

unpack "@tabler/core@$TABLER" tabler
unpack "@tabler/icons@$ICONS" tabler-icons
unpack "htmx.org@$HTMX" htmx
unpack "hls.js@$HLS" hls
unpack "pdfjs-dist@$PDFJS" pdfjs

rm -rf "$vendor/hls" "$vendor/pdfjs"
mkdir -p "$vendor/tabler" "$vendor/tabler-icons" "$vendor/htmx" "$vendor/hls" "$vendor/pdfjs/cmaps" "$vendor/pdfjs/decoders"

# The source map is not served, so the comment that points at it goes.
sed 's|/\*# sourceMappingURL=.*\*/||' "$work/tabler/dist/css/tabler.min.css" >"$vendor/tabler/tabler.min.css"
# The package says MIT in its package.json and in each file's head, and carries no licence file of its own.
cp "$work/tabler-icons/LICENSE" "$vendor/tabler-icons/LICENSE"
{
    echo "The MIT License (MIT)"
    echo
    sed -n '/Copyright/s/^ *\*\{0,1\} *//p' "$work/tabler/dist/css/tabler.min.css" | head -2
    echo "Copyright 2011-2025 The Bootstrap Authors (Bootstrap, on which Tabler stands)"
    echo
    sed -n '/^Permission is hereby/,$p' "$work/tabler-icons/LICENSE"
} >"$vendor/tabler/LICENSE"

cp "$work/htmx/dist/htmx.min.js" "$work/htmx/LICENSE" "$vendor/htmx/"

# The whole of hls.js, not its light build: live streams carry their sound apart. Its worker is a file of ours, so that the
# content security policy need not allow code from blobs.
for file in hls.min.mjs hls.worker.js; do
    sed 's|^//# sourceMappingURL=.*||' "$work/hls/dist/$file" >"$vendor/hls/$file"
done
cp "$work/hls/LICENSE" "$vendor/hls/"

# The build for older browsers; what Chinese, Japanese and Korean papers need to be read; the decoders of scanned pages in
# plain JavaScript, since the policy allows no WebAssembly.
for file in pdf.min.mjs pdf.worker.min.mjs; do
    sed 's|^//# sourceMappingURL=.*||' "$work/pdfjs/legacy/build/$file" >"$vendor/pdfjs/$file"
done
cp "$work/pdfjs/LICENSE" "$vendor/pdfjs/"
cp "$work/pdfjs/cmaps/"* "$vendor/pdfjs/cmaps/"
cp "$work/pdfjs/wasm/"*_nowasm_fallback.js "$work/pdfjs/wasm/LICENSE_JBIG2" "$work/pdfjs/wasm/LICENSE_OPENJPEG" \
    "$work/pdfjs/wasm/LICENSE_PDFJS_JBIG2" "$work/pdfjs/wasm/LICENSE_PDFJS_OPENJPEG" "$vendor/pdfjs/decoders/"
cp -r "$work/pdfjs/standard_fonts" "$vendor/pdfjs/fonts"

sprite="$web/templates/web/_sprite.html"
{
    echo '<svg xmlns="http://www.w3.org/2000/svg" class="sprite" aria-hidden="true" focusable="false"><defs>'
    while read -r name; do
        printf '<symbol id="i-%s" viewBox="0 0 24 24">' "$name"
        sed -n '/<path/p' "$work/tabler-icons/icons/outline/$name.svg" | grep -v 'stroke="none"' | sed 's/^ *//' | tr -d '\n'
        echo '</symbol>'
    done <"$vendor/icons.txt"
    echo '</defs></svg>'
} >"$sprite"

cat >"$vendor/README.md" <<TABLE
# Libraries served to the browser

Copied from their npm packages by \`tools/vendor.sh\`; never edited by hand.

| folder | package | version | licence | files |
|---|---|---|---|---|
| \`tabler/\` | @tabler/core (with Bootstrap 5 inside) | $TABLER | MIT | \`dist/css/tabler.min.css\`, without the comment that names a source map |
| \`tabler-icons/\` | @tabler/icons | $ICONS | MIT | the outlines named in \`icons.txt\`, as one sprite in \`templates/web/_sprite.html\` |
| \`htmx/\` | htmx.org | $HTMX | 0BSD | \`dist/htmx.min.js\` |
| \`hls/\` | hls.js | $HLS | Apache-2.0 | \`dist/hls.min.mjs\`, \`dist/hls.worker.js\`, without the comments that name source maps |
| \`pdfjs/\` | pdfjs-dist | $PDFJS | Apache-2.0; fonts and decoders as their own licence files say | \`legacy/build/pdf.min.mjs\`, \`pdf.worker.min.mjs\`, the character maps (\`cmaps/\`), the standard fonts (\`fonts/\`), the picture decoders without WebAssembly (\`decoders/\`) |
TABLE
