// A stored run on the page: what the terminal wrote is shown, and what is hostile or damaged is refused in a sentence.
//
// stored-run.zip is of `featurescope run first-look training.dynamics=reduced batch.anchors=256 network.width=24
// data.latent_dim=8 training.steps=1200 measure.cadence.per_decade=10 measure.samples=64 probe.labels=[100]
// probe.validation_rows=200 probe.test_rows=200`: spec.toml, summary.json, and of its arms what the page reads.

import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import zlib from "node:zlib";
import { zipSync } from "fflate";
import { close, load } from "./modules.mjs";

test.after(close);

const ARCHIVE = new Uint8Array(fs.readFileSync(new URL("stored-run.zip", import.meta.url)));

const { unzip } = await load("files");
const { arms } = await load("replay");

/** A safetensors file. */
function safetensors(header, data) {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

/** A ZIP archive of one file whose content is compressed already; it claims that it is small. */
function archiveOf(name, compressed) {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(8, 8);
  head.writeUInt32LE(compressed.length, 18);
  head.writeUInt32LE(1000, 22);
  head.writeUInt16LE(name.length, 26);
  return new Uint8Array(Buffer.concat([head, Buffer.from(name), compressed]));
}

const PATH = "arms/a/alignment.safetensors";
const alone = (file) => arms(new Map([[PATH, file]]));

test("the arms of a run are what the terminal recorded", async () => {
  const files = unzip(ARCHIVE);
  const summary = JSON.parse(new TextDecoder().decode(files.get("run/summary.json")));
  const found = await arms(files);
  assert.deepEqual(found.map((replay) => replay.arm), ["random_mask", "none"]);
  for (const replay of found) {
    const stored = summary.arms[replay.arm];
    assert.equal(replay.reached, 1200);
    await replay.seek(1200);
    assert.equal(replay.figure("dense_energy_fraction"), stored.dense_energy_fraction);
    assert.equal(replay.figure("coverage_70"), stored.coverage["0.7"]);
    assert.equal(replay.now.told.first_stage_end, stored.t1);
    const { rows, cols, values } = replay.now.arrays.cosines;
    assert.deepEqual([rows, cols], [24, 8]);
    // The share of the atoms with a neuron, from the matrix that is drawn.
    const owned = Array.from({ length: cols }, (_, j) => replay.owner(j)).filter((owner) => owner !== null);
    assert.equal(owned.length / cols, stored.coverage["0.7"]);
    assert.ok(values.every((cosine) => Math.abs(cosine) <= 1));
    await replay.seek(stored.t1 - 1);
    assert.equal(replay.now.told.first_stage_end, null);
    // The closed form of stage I, from the measured start.
    const expected = replay.figure("sparse_energy_mean", 0) * stored.growth_predicted.sparse ** 20;
    assert.ok(Math.abs(replay.forecast("sparse", 10) / expected - 1) < 1e-12);
    const { probed } = await replay.probe();
    assert.equal(probed.scores[0].score, stored.probes[0].score);
    assert.equal(probed.linear.linear_r_squared, summary.yardsticks.linear_r_squared);
  }
  // Between two recorded steps stands what was recorded last.
  const [masks] = found;
  await masks.seek(1199);
  const late = masks.figure("dense_energy_fraction");
  await masks.seek(1150);
  assert.equal(masks.figure("dense_energy_fraction"), late);
});

test("an archive that leads outside, unpacks without end or holds no run is refused", async () => {
  const small = new Uint8Array(10);
  for (const path of ["../x/arms/a/records.parquet", "/arms/a/records.parquet", "C:/arms/a/records.parquet", "a\\..\\b"]) {
    assert.throws(() => unzip(zipSync({ [path]: small })), /outside of itself/, path);
  }
  // 140 MiB of zeros, under a name that is read.
  const bomb = archiveOf(PATH, zlib.deflateRawSync(Buffer.alloc(140 * 2 ** 20), { level: 1 }));
  assert.ok(bomb.length < 2 ** 21);
  assert.throws(() => unzip(bomb), /more than 128 MiB/);
  // Under another name it is not unpacked at all.
  assert.equal(unzip(zipSync({ "run/notes.txt": new Uint8Array(2 ** 20) })).size, 0);
  await assert.rejects(arms(unzip(new TextEncoder().encode("no archive"))), /no run here/);
  await assert.rejects(arms(new Map([[PATH, small], [`b/${PATH}`, small]])), /several runs/);
  for (const size of [100, 5_000, ARCHIVE.length / 2]) {
    assert.throws(() => unzip(ARCHIVE.subarray(0, size)), /damaged|ends too early/, String(size));
  }
});

test("damaged files are refused in a sentence", async () => {
  const steps = new Uint8Array(new BigInt64Array([0n, 5n]).buffer);
  const header = (change) => ({
    cosines: { dtype: "I8", shape: [2, 1, 2], data_offsets: [0, 4] },
    steps: { dtype: "I64", shape: [2], data_offsets: [4, 20] },
    ...change,
  });
  const data = new Uint8Array([127, 0, 0, 129, ...steps]);
  const [sound] = await alone(safetensors(header({}), data));
  await sound.seek(5);
  assert.deepEqual([...sound.now.arrays.cosines.values], [0, -1]);
  for (const [change, said] of [
    [{ cosines: { dtype: "I8", shape: [2, 1, 3], data_offsets: [0, 4] } }, /do not fit/],
    [{ cosines: { dtype: "I8", shape: [1e9, 1e9, 1e9], data_offsets: [0, 4] } }, /do not fit/],
    [{ cosines: { dtype: "I8", shape: [-2, 1, -2], data_offsets: [0, 4] } }, /outside of the file/],
    [{ cosines: { dtype: "F32", shape: [2, 1, 2], data_offsets: [0, 4] } }, /should hold/],
    [{ steps: { dtype: "I64", shape: [2], data_offsets: [4, 2000] } }, /outside of the file/],
    [{ steps: { dtype: "I64", shape: [2], data_offsets: [20, 4] } }, /outside of the file/],
    [{ steps: undefined }, /should hold|outside/],
  ]) {
    await assert.rejects(alone(safetensors(header(change), data)), said, JSON.stringify(change));
  }
  const backwards = new Uint8Array([127, 0, 0, 129, ...new Uint8Array(new BigInt64Array([5n, 0n]).buffer)]);
  await assert.rejects(alone(safetensors(header({}), backwards)), /do not ascend/);
  const endless = new Uint8Array([127, 0, 0, 129, ...new Uint8Array(new BigInt64Array([0n, 2n ** 62n]).buffer)]);
  await assert.rejects(alone(safetensors(header({}), endless)), /more than 10000000 steps/);
  await assert.rejects(alone(safetensors("{", new Uint8Array(4))), /header .* damaged/);
  await assert.rejects(alone(new Uint8Array(3)), /no safetensors/);
  await assert.rejects(alone(new Uint8Array(64).fill(255)), /no safetensors/);
  const files = unzip(ARCHIVE);
  files.set("run/arms/none/records.parquet", new Uint8Array(100));
  await assert.rejects(arms(files));
  files.delete("run/arms/none/records.parquet");
  files.set("run/summary.json", new TextEncoder().encode("{"));
  await assert.rejects(arms(files), /JSON file of the run is damaged/);
});
