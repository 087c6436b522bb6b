// Puts the built page into the file that the program carries: crates/cli/assets/lab.zip.br.

import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { unzipSync, zipSync } from "fflate";

export const BUNDLE = new URL("../../../cli/assets/lab.zip.br", import.meta.url);
export const DIST = new URL("../dist/", import.meta.url);

/** The files below a folder, by path. */
export function folder(root) {
  const files = {};
  for (const entry of fs.readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files[path.relative(root.pathname, file).replaceAll(path.sep, "/")] = new Uint8Array(fs.readFileSync(file));
  }
  return files;
}

/** The files of a bundle, by path. */
export function unpack(bundle) {
  return unzipSync(new Uint8Array(zlib.brotliDecompressSync(bundle)));
}

/** A bundle; the same files give the same bytes. */
export function pack(files) {
  const sorted = Object.fromEntries(Object.keys(files).sort().map((name) => [name, files[name]]));
  const archive = zipSync(sorted, { level: 0, mtime: "2000-01-01T00:00:00" });
  return zlib.brotliCompressSync(archive, {
    params: {
      [zlib.constants.BROTLI_PARAM_QUALITY]: zlib.constants.BROTLI_MAX_QUALITY,
      [zlib.constants.BROTLI_PARAM_LGWIN]: zlib.constants.BROTLI_MAX_WINDOW_BITS,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: archive.length,
    },
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const bundle = pack(folder(DIST));
  fs.mkdirSync(new URL(".", BUNDLE), { recursive: true });
  fs.writeFileSync(BUNDLE, bundle);
  console.log(`${bundle.length} bytes`);
}
