// The page that the program carries is the one that these sources make.
//
// Page, style and scripts have to be equal byte by byte. The bytes of the engine depend on the compiler, so it is judged
// by what it does: engine.test.mjs compares its figures with the terminal's, and here stand its size and its settings.

import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import { BUNDLE, DIST, folder, pack, unpack } from "../tools/bundle.mjs";
import { BUILT, CARRIED, FIRST_LOOK, load } from "./engine.mjs";

const AGAIN = "make the bundle again: `npm run bundle` in crates/web/page";
const ENGINE = "assets/engine.wasm";
/** Bytes of the bundle at most. */
const MOST_BYTES = 600_000;

const carried = unpack(fs.readFileSync(BUNDLE));
const built = folder(DIST);

test("its files are those of the build", () => {
  assert.deepEqual(Object.keys(carried).sort(), Object.keys(built).sort(), AGAIN);
  for (const [name, content] of Object.entries(built)) {
    if (name !== ENGINE) assert.ok(Buffer.from(content).equals(Buffer.from(carried[name])), `${name} differs: ${AGAIN}`);
  }
});

test("its engine has the size of the built one and says the same of settings", async () => {
  const ratio = CARRIED.length / BUILT.length;
  assert.ok(Math.abs(ratio - 1) < 0.05, `${CARRIED.length} bytes against ${BUILT.length}: ${AGAIN}`);
  console.log(Buffer.from(CARRIED).equals(Buffer.from(BUILT)) ? "the engines are equal" : "the engines differ in bytes");
  const [one, other] = [await load(CARRIED), await load(BUILT)];
  for (const request of [
    "settings",
    { open: { spec: FIRST_LOOK, overrides: [], arm: "none" } },
    { sample: 3 },
    "firing",
    { step: 3 },
    { check: { spec: FIRST_LOOK, overrides: ["seed=2"], arm: "none" } },
  ]) {
    assert.deepEqual(one(request).told, other(request).told, `${JSON.stringify(request)}: ${AGAIN}`);
  }
});

test("it is small, and the same files give the same bundle", () => {
  const bytes = fs.readFileSync(BUNDLE);
  assert.ok(bytes.length <= MOST_BYTES, `${bytes.length} bytes`);
  assert.deepEqual(unpack(pack(carried)), carried);
  console.log(`${bytes.length} bytes of at most ${MOST_BYTES}`);
});
