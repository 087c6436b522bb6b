// Compresses the built page of `featurescope watch` into the assets of the program.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, gzipSync } from "node:zlib";

const [from, to] = ["../dist-watch/", "../../../cli/assets/watch/"].map((path) => new URL(path, import.meta.url));
mkdirSync(to, { recursive: true });
for (const [file, name] of [["watch.html", "index.html"], ["watch.js", "watch.js"], ["watch.css", "watch.css"]]) {
  const packed = gzipSync(readFileSync(new URL(file, from)), { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(new URL(`${name}.gz`, to), packed);
  console.log(`${name}: ${packed.length} bytes compressed`);
}
