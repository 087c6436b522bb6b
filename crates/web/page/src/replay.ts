// A stored run, seen like a learner: what was recorded at a step, and before that what was recorded last.

import { parquetMetadata, parquetReadObjects } from "hyparquet";
import type { Files } from "./files";
import { Player } from "./player";
import type { Answer, Column, Probed, Score, Told } from "./protocol";
import { type Alignment, cosinesAt, readAlignment } from "./safetensors";

/** Steps of a run that the page scrubs through. */
const MOST_STEPS = 10_000_000;
/** Recorded steps. */
const MOST_RECORDS = 200_000;

interface Records {
  columns: string[];
  steps: number[];
  rows: Float64Array[];
}

/** Of an arm in summary.json, what the page shows. */
interface ArmSummary {
  t1?: unknown;
  t2?: unknown;
  t1_predicted?: unknown;
  growth_predicted?: { sparse?: unknown; dense?: unknown } | null;
  stop_reason?: unknown;
}

function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

async function readRecords(file: Uint8Array): Promise<Records> {
  const buffer = file.slice().buffer;
  const metadata = parquetMetadata(buffer);
  if (metadata.num_rows > MOST_RECORDS) throw new Error(`records.parquet has more than ${MOST_RECORDS} rows`);
  const table = await parquetReadObjects({ file: buffer, metadata });
  const columns = Object.keys(table[0] ?? {}).filter((name) => name !== "step");
  return {
    columns,
    steps: table.map((row) => Number(row.step)),
    rows: table.map((row) => Float64Array.from(columns, (name) => numberOr(row[name], NaN))),
  };
}

export class Replay extends Player {
  private constructor(
    arm: string,
    private readonly alignment: Alignment,
    private readonly scores: Probed | null,
  ) {
    super(arm);
  }

  static async of(arm: string, files: Files, root: string, summary: Record<string, unknown>): Promise<Replay> {
    const file = (name: string): Uint8Array | undefined => files.get(`${root}arms/${arm}/${name}`);
    const alignment = readAlignment(file("alignment.safetensors") as Uint8Array);
    const stored = file("records.parquet");
    const records = stored ? await readRecords(stored) : { columns: [], steps: [], rows: [] };
    const told = (summary.arms as Record<string, ArmSummary> | undefined)?.[arm] ?? {};
    const scores = json(file("probes.json"));
    const replay = new Replay(arm, alignment, Array.isArray(scores) ? probed(scores, summary) : null);
    replay.begin(records, told);
    return replay;
  }

  private begin(records: Records, summary: ArmSummary): void {
    const last = Math.max(...this.alignment.steps, ...records.steps.slice(-1));
    if (!(last <= MOST_STEPS)) throw new Error(`the run has more than ${MOST_STEPS} steps`);
    const nothing = new Float64Array(records.columns.length).fill(NaN);
    for (let step = 0, row = -1; step <= last; step++) {
      while ((records.steps[row + 1] ?? Infinity) <= step) row++;
      this.history.push(records.rows[row] ?? nothing);
    }
    const growth = summary.growth_predicted;
    const [sparse, dense] = [numberOr(growth?.sparse, null), numberOr(growth?.dense, null)];
    const about: Told = {
      step: 0,
      first_stage_end: numberOr(summary.t1, null),
      second_stage_end: numberOr(summary.t2, null),
      stop: null,
      settings: [],
      values: {},
      spec: "",
      columns: records.columns.map((name): Column => ({ name, unit: "", doc: "", title: null })),
      planned_steps: last,
      notes: [],
      growth: sparse !== null && dense !== null ? { sparse, dense } : null,
      t1_predicted: numberOr(summary.t1_predicted, null),
    };
    this.show(this.at(0, about), 0);
    this.about = about;
  }

  /** What is shown at a step. */
  private at(step: number, about: Told): Answer {
    const { alignment } = this;
    const place = Math.max(0, alignment.steps.findLastIndex((recorded) => recorded <= step));
    const until = (end: number | null): number | null => (end !== null && end <= step ? end : null);
    const told = {
      ...about,
      step,
      first_stage_end: until(about.first_stage_end),
      second_stage_end: until(about.second_stage_end),
      stop: step >= this.reached ? "the run ends here" : null,
    };
    const cosines = { rows: alignment.rows, cols: alignment.cols, values: cosinesAt(alignment, place) };
    return { told, arrays: { cosines }, took: NaN };
  }

  async seek(step: number): Promise<void> {
    this.show(this.at(Math.min(step, this.reached), this.about as Told));
  }

  async take(count: number): Promise<number> {
    await this.seek(this.step + count);
    return NaN;
  }

  async probe(): Promise<{ step: number; probed: Probed }> {
    if (!this.scores) throw new Error(`the run has no probes.json for ${this.arm}`);
    return { step: this.reached, probed: this.scores };
  }

  async firing(): Promise<Answer> {
    throw new Error("A stored run does not say what single neurons fire for.");
  }

  async sample(): Promise<Answer> {
    throw new Error("A stored run shows no samples here: its data.safetensors has some.");
  }
}

function probed(scores: Score[], summary: Record<string, unknown>): Probed {
  const yardsticks = summary.yardsticks as Record<string, unknown> | undefined;
  return {
    scores: scores.map(({ task, labels, score, lower, upper }) => ({
      task,
      labels: numberOr(labels, 0),
      score: numberOr(score, NaN),
      lower: numberOr(lower, NaN),
      upper: numberOr(upper, NaN),
    })),
    linear: {
      linear_r_squared: numberOr(yardsticks?.linear_r_squared, null),
      linear_accuracy: numberOr(yardsticks?.linear_accuracy, null),
    },
  };
}

function json(file: Uint8Array | undefined): unknown {
  if (!file) return null;
  try {
    return JSON.parse(new TextDecoder().decode(file));
  } catch {
    throw new Error("a JSON file of the run is damaged");
  }
}

/** The arms of a run among these files. */
export async function arms(files: Files): Promise<Replay[]> {
  const found = [...files.keys()].flatMap((path) => {
    const parts = /^(|.*\/)arms\/([^/]+)\/alignment\.safetensors$/.exec(path);
    return parts ? [{ root: parts[1] as string, arm: parts[2] as string }] : [];
  });
  const [first] = found;
  if (!first) throw new Error("there is no run here: no arms/NAME/alignment.safetensors was found");
  if (found.some(({ root }) => root !== first.root)) throw new Error("there are several runs: drop the folder of one");
  const summary = json(files.get(`${first.root}summary.json`));
  const read = (typeof summary === "object" && summary !== null ? summary : {}) as Record<string, unknown>;
  const order = Object.keys((read.arms ?? {}) as object);
  found.sort((a, b) => order.indexOf(a.arm) - order.indexOf(b.arm));
  return Promise.all(found.map(({ root, arm }) => Replay.of(arm, files, root, read)));
}
