// The page of `featurescope watch` that the program embeds is the one of these sources, and is small.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import { build } from "vite";

/** Bytes of all files together, compressed. */
const LARGEST = 60_000;
const ASSETS = new URL("../../../cli/assets/watch/", import.meta.url);

test("the embedded page of runs is built from these sources: `npm run watch` makes it again", async () => {
  const root = new URL("..", import.meta.url).pathname;
  const outDir = fs.mkdtempSync(path.join(os.tmpdir(), "watch-"));
  await build({ root, configFile: path.join(root, "vite.watch.config.js"), logLevel: "warn", build: { outDir } });
  let bytes = 0;
  for (const [file, name] of [["watch.html", "index.html"], ["watch.js", "watch.js"], ["watch.css", "watch.css"]]) {
    const packed = fs.readFileSync(new URL(`${name}.gz`, ASSETS));
    bytes += packed.length;
    assert.ok(gunzipSync(packed).equals(fs.readFileSync(path.join(outDir, file))), `${name} is another`);
  }
  fs.rmSync(outDir, { recursive: true });
  assert.ok(bytes <= LARGEST, `${bytes} bytes`);
});
