// What was seen, as an archive: the settings, and of each network the files that pictures and curves are made of, as a
// run of the terminal has them. The terminal's run of the same spec.toml has checkpoints and probes beside them.

import { strToU8, zipSync } from "fflate";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Learner } from "./learner";
import { writeAlignment } from "./safetensors";

/** Matrices that are kept of a course. */
const FRAMES = 60;
const FOLDER = "lab-run";

/** Steps at equal distances on a logarithmic axis, with 0 and the last one. */
export function framesUntil(last: number): number[] {
  const at = (k: number): number => Math.round((last + 1) ** (k / (FRAMES - 1))) - 1;
  return [...new Set(Array.from({ length: FRAMES }, (_, k) => at(k)))];
}

/** The table of recorded steps: every step that was reached. */
function records(learner: Learner): Uint8Array {
  const steps = Array.from({ length: learner.reached + 1 }, (_, step) => step);
  const columns = learner.columns().map(({ name }) => ({
    name,
    type: "DOUBLE" as const,
    data: Float64Array.from(steps, (step) => learner.figure(name, step)),
    nullable: false,
  }));
  const meanings = learner.columns().map(({ name, unit, doc }) => [name, { unit, doc }]);
  const step = { name: "step", type: "INT64" as const, data: BigInt64Array.from(steps, BigInt), nullable: false };
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [step, ...columns],
      kvMetadata: [
        { key: "featurescope.format_version", value: "1" },
        { key: "featurescope.columns", value: JSON.stringify(Object.fromEntries(meanings)) },
      ],
    }),
  );
}

/** The archive; the learners stand where they stood afterwards. */
export async function archive(learners: Learner[]): Promise<Uint8Array> {
  const files: Record<string, Uint8Array> = {
    [`${FOLDER}/spec.toml`]: strToU8(learners[0]?.about?.spec ?? ""),
  };
  for (const learner of learners) {
    const steps = framesUntil(learner.reached);
    const folder = `${FOLDER}/arms/${learner.arm}`;
    files[`${folder}/records.parquet`] = records(learner);
    files[`${folder}/alignment.safetensors`] = writeAlignment(steps, await learner.cosinesAt(steps));
  }
  return zipSync(files, { level: 6 });
}

/** Hands a file to whoever looks at the page. */
export function save(name: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([bytes as BlobPart]));
  const link = document.createElement("a");
  [link.href, link.download] = [address, name];
  link.click();
  URL.revokeObjectURL(address);
}
