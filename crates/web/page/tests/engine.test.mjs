// The engine as WebAssembly: the numbers of the terminal, the same state again after rewinding, memory that stays.

import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import { BUILT, CARRIED, FIRST_LOOK, load } from "./engine.mjs";

const SMALL = ["training.dynamics=reduced", "batch.anchors=64", "training.steps=400"];

/** The figures of an engine against those that the terminal recorded. */
async function compare(bytes) {
  // Made by tests/golden.rs of the crate, natively: `cargo test -p featurescope-web -- --ignored golden`.
  const golden = JSON.parse(fs.readFileSync(new URL("golden.json", import.meta.url), "utf8"));
  const ask = await load(bytes);
  let compared = 0;
  let furthest = 0;
  for (const { arm, overrides, steps, columns, records } of golden) {
    const { told } = ask({ open: { spec: FIRST_LOOK, overrides, arm } });
    assert.equal(told.error, undefined);
    assert.deepEqual(told.columns.map((column) => column.name), columns);
    const { rows, cols, values } = ask({ step: steps }).arrays.records;
    assert.equal(rows, steps);
    records.forEach((record, r) =>
      record.forEach((expected, c) => {
        const found = values[r * cols + c];
        if (expected === null) return assert.ok(Number.isNaN(found));
        // Mean logits are sums of both signs in single precision, which may nearly cancel: hence the second part.
        const allowed = 1e-5 * Math.abs(expected) + 1e-9;
        const apart = Math.abs(found - expected);
        furthest = Math.max(furthest, apart / allowed);
        assert.ok(apart <= allowed, `${arm}, step ${r + 1}, ${columns[c]}: ${found} against ${expected}`);
        compared++;
      }),
    );
  }
  assert.ok(compared > 1000, `${compared} numbers were compared`);
  console.log(`${compared} numbers; the furthest is ${furthest.toFixed(2)} of what is allowed apart`);
}

test("the figures of a run agree with those that the terminal recorded", () => compare(BUILT));

test("so do those of the engine that the program carries", () => compare(CARRIED));

test("a step can be seen again to the last bit", async () => {
  const ask = await load();
  assert.equal(ask({ open: { spec: FIRST_LOOK, overrides: SMALL, arm: "random_mask" } }).told.error, undefined);
  const seen = [];
  for (let step = 0; step < 200; step++) seen.push(ask({ step: 1 }).arrays.cosines.values.slice());
  for (const step of [199, 1, 100, 57, 200]) {
    const again = ask({ seek: step });
    assert.equal(again.told.step, step);
    assert.deepEqual(again.arrays.cosines.values, seen[step - 1]);
  }
});

test("memory does not grow with the steps", async () => {
  const ask = await load();
  const overrides = ["training.dynamics=reduced", "batch.anchors=32", "network.width=16", "training.steps=10000"];
  assert.equal(ask({ open: { spec: FIRST_LOOK, overrides, arm: "none" } }).told.error, undefined);
  // By then there are as many kept states as there ever are.
  const before = ask({ step: 500 }).bytes;
  let after;
  for (let call = 0; call < 95; call++) after = ask({ step: 100 });
  assert.equal(after.told.step, 10_000);
  assert.equal(after.bytes, before);
});

test("what makes no sense is refused in a sentence and the engine goes on", async () => {
  const ask = await load();
  const wrong = ask({ open: { spec: FIRST_LOOK, overrides: ["objective.temperature=-1"], arm: "none" } });
  assert.match(wrong.told.error, /objective\.temperature = -1 .* expected/);
  assert.match(ask({ open: { spec: "x", overrides: [], arm: "none" } }).told.error, /the experiment/);
  assert.equal(ask({ open: { spec: FIRST_LOOK, overrides: SMALL, arm: "none" } }).told.error, undefined);
});
