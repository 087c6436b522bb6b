// What the stops of the tour say is what the engine computes.

import assert from "node:assert/strict";
import test from "node:test";
import { FIRST_LOOK, load } from "./engine.mjs";

/** What a learner shows after so many steps. */
async function after(steps, arm, set) {
  const ask = await load();
  const overrides = ["training.dynamics=reduced", ...set];
  const { told } = ask({ open: { spec: FIRST_LOOK, overrides, arm } });
  assert.equal(told.error, undefined);
  assert.equal(told.values.seed, "1");
  const column = (name) => told.columns.findIndex((found) => found.name === name);
  const now = ask({ step: steps });
  const figure = (name) => now.arrays.record.values[column(name)];
  return {
    covered: Math.round(figure("coverage_90") * told.values["data.latent_dim"]),
    dense: figure("dense_energy_fraction").toFixed(2),
    firstStageEnd: now.told.first_stage_end,
  };
}

test("1: masks find all atoms in 1000 steps, none finds none in 2500", async () => {
  assert.equal((await after(1000, "random_mask", [])).covered, 16);
  const { covered, dense } = await after(2500, "none", []);
  assert.deepEqual([covered, dense], [0, "0.49"]);
});

test("2: with little noise both find all in 500 steps", async () => {
  for (const arm of ["random_mask", "none"]) {
    assert.equal((await after(500, arm, ["data.noise_constant=0.35"])).covered, 16, arm);
  }
});

test("3: without thresholds nobody finds atoms", async () => {
  for (const [arm, dense] of [["random_mask", "0.13"], ["none", "0.70"]]) {
    const found = await after(2500, arm, ["bias.kind=zero"]);
    assert.deepEqual([found.covered, found.dense], [0, dense], arm);
  }
});

test("4: masks that hide little find nothing in 2500 steps", async () => {
  const found = await after(2500, "random_mask", ["augmentation.keep_rate=0.9"]);
  assert.deepEqual(found, { covered: 0, dense: "0.13", firstStageEnd: null });
});
