// The file alignment.safetensors: cos(w_i, M_j) of an arm at some steps (docs/run-directory.md).

import type { Matrix } from "./protocol";

export interface Alignment {
  /** Ascending. */
  steps: number[];
  /** m and d. */
  rows: number;
  cols: number;
  /** Step by step, round(127 cos). */
  cosines: Int8Array;
}

const NAME = "alignment.safetensors";
/** Bytes of a header; that of an alignment has about two hundred. */
const MOST_HEADER = 2 ** 20;
const FULL_SCALE = 127;

interface Tensor {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

function tensors(file: Uint8Array): Map<string, Tensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const size = file.byteLength >= 8 ? Number(view.getBigUint64(0, true)) : Infinity;
  if (size > MOST_HEADER || 8 + size > file.byteLength) throw new Error(`${NAME} is no safetensors file`);
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, 8 + size)));
  } catch {
    throw new Error(`the header of ${NAME} is damaged`);
  }
  const found = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: ends } = entry;
    const isWhole = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
    const isSound = Array.isArray(shape) && shape.every(isWhole) && Array.isArray(ends) && ends.every(isWhole);
    if (!isSound || ends[0] > ends[1] || 8 + size + ends[1] > file.byteLength) {
      throw new Error(`the tensor ${JSON.stringify(name)} of ${NAME} lies outside of the file`);
    }
    found.set(name, { dtype, shape, bytes: file.subarray(8 + size + ends[0], 8 + size + ends[1]) });
  }
  return found;
}

export function readAlignment(file: Uint8Array): Alignment {
  const found = tensors(file);
  const [steps, cosines] = [found.get("steps"), found.get("cosines")];
  if (steps?.dtype !== "I64" || cosines?.dtype !== "I8") {
    throw new Error(`${NAME} should hold \`steps\` (I64) and \`cosines\` (I8)`);
  }
  const [count, rows, cols] = cosines.shape;
  const fits =
    cosines.shape.length === 3 &&
    steps.bytes.length === 8 * Number(count) &&
    cosines.bytes.length === Number(count) * Number(rows) * Number(cols) &&
    cosines.bytes.length > 0;
  if (!fits) throw new Error(`the shapes in ${NAME} do not fit each other`);
  // A copy, so that eight-byte words lie where words may lie.
  const words = new BigInt64Array(steps.bytes.slice().buffer);
  const numbers = [...words].map(Number);
  if (numbers.some((step, i) => step < 0 || (i > 0 && step <= (numbers[i - 1] as number)))) {
    throw new Error(`the steps in ${NAME} do not ascend`);
  }
  const bytes = cosines.bytes.slice();
  return { steps: numbers, rows: Number(rows), cols: Number(cols), cosines: new Int8Array(bytes.buffer) };
}

/** The cosines at a place of `steps`. */
export function cosinesAt({ cosines, rows, cols }: Alignment, place: number): Float64Array {
  const size = rows * cols;
  return Float64Array.from(cosines.subarray(place * size, (place + 1) * size), (cosine) => cosine / FULL_SCALE);
}

/** The file of these matrices, one a step. */
export function writeAlignment(steps: number[], cosines: Matrix[]): Uint8Array {
  const [first] = cosines;
  const [rows, cols] = [first?.rows ?? 0, first?.cols ?? 0];
  const bytes = steps.length * rows * cols;
  const header = JSON.stringify({
    cosines: { dtype: "I8", shape: [steps.length, rows, cols], data_offsets: [0, bytes] },
    steps: { dtype: "I64", shape: [steps.length], data_offsets: [bytes, bytes + 8 * steps.length] },
  });
  // Eight-byte words begin at multiples of eight, as the format asks for.
  const text = new TextEncoder().encode(header.padEnd(8 * Math.ceil(header.length / 8)));
  const file = new Uint8Array(8 + text.length + bytes + 8 * steps.length);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  const data = 8 + text.length;
  const scaled = cosines.flatMap(({ values }) => [...values].map((cosine) => Math.round(FULL_SCALE * cosine)));
  file.set(new Uint8Array(Int8Array.from(scaled).buffer), data);
  steps.forEach((step, s) => view.setBigInt64(data + bytes + 8 * s, BigInt(step), true));
  return file;
}
