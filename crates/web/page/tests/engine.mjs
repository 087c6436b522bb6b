// The engine in Node, for tests: the module that the page loads, with the same few lines around it.

import fs from "node:fs";
import { BUNDLE, unpack } from "../tools/bundle.mjs";

const folder = new URL("../", import.meta.url);

export const FIRST_LOOK = fs.readFileSync(
  new URL("../../../theories/wen-li-2021/experiments/first-look/experiment.toml", folder),
  "utf8",
);

/** The engine that was built, and the one that the program carries. */
export const BUILT = new Uint8Array(fs.readFileSync(new URL("src/engine.wasm", folder)));
export const CARRIED = unpack(fs.readFileSync(BUNDLE))["assets/engine.wasm"];

/** Loads the module; the function answers a request with what was told and the arrays by name. */
export async function load(bytes = BUILT) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const engine = instance.exports;
  return (request) => {
    const text = new TextEncoder().encode(JSON.stringify(request));
    const at = engine.lab_request(text.length);
    new Uint8Array(engine.memory.buffer, at, text.length).set(text);
    engine.lab_answer();
    const { buffer } = engine.memory;
    const said = new Uint8Array(buffer, engine.lab_text(), engine.lab_text_bytes());
    const told = JSON.parse(new TextDecoder().decode(said));
    const numbers = new Float64Array(buffer, engine.lab_numbers(), engine.lab_number_count()).slice();
    const arrays = {};
    let first = 0;
    for (const { name, rows, cols } of told.arrays ?? []) {
      arrays[name] = { rows, cols, values: numbers.subarray(first, (first += rows * cols)) };
    }
    return { told, arrays, bytes: buffer.byteLength };
  };
}
