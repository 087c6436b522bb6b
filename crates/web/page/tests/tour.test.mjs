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
    predicted: Math.round(told.t1_predicted),
    probed: ask("probe").told.probed,
  };
}

/** R² of a probe, as the tour says it. */
const rSquared = ({ probed }) => probed.scores.find(({ task }) => task === "regression").score.toFixed(2);

test("1, 5, 8: masks find all atoms in 1000 steps, none finds none in 2500", async () => {
  assert.equal((await after(1000, "random_mask", [])).covered, 16);
  const none = await after(2500, "none", []);
  assert.deepEqual([none.covered, none.dense], [0, "0.49"]);
  const masks = await after(2500, "random_mask", []);
  assert.deepEqual([masks.predicted, masks.firstStageEnd, none.predicted, none.firstStageEnd], [139, 154, 40, 41]);
  assert.deepEqual([rSquared(masks), rSquared(none)], ["0.57", "0.33"]);
  assert.equal(none.probed.linear.linear_r_squared.toFixed(2), "0.38");
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
  assert.deepEqual([found.covered, found.dense, found.firstStageEnd], [0, "0.13", null]);
});

test("6: views with noise of their own find nothing", async () => {
  const { covered, dense } = await after(2500, "none", ["arms.none.augmentation.kind=additive_noise"]);
  assert.deepEqual([covered, dense], [0, "0.55"]);
});

test("7: masks find nothing with 64 samples a step", async () => {
  const { covered, dense, firstStageEnd, predicted } = await after(2500, "random_mask", ["batch.anchors=64"]);
  assert.deepEqual([covered, dense, firstStageEnd, predicted], [0, "0.54", 97, 139]);
});
