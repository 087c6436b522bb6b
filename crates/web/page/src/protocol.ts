// What crosses between the page and its engine: see crates/web/src/protocol.rs.

export interface Choice {
  spec: string;
  overrides: string[];
  arm: string;
}

export type Request =
  | "settings"
  | { open: Choice }
  | { check: Choice }
  | { change: Choice }
  | { step: number }
  | { seek: number }
  | { sample: number }
  | "firing"
  | "probe";

export interface Matrix {
  rows: number;
  cols: number;
  values: Float64Array;
}

export interface Column {
  name: string;
  unit: string;
  doc: string;
  title: string | null;
}

export interface Setting {
  key: string;
  doc: string;
  accepted: string;
  is_whole: boolean;
  ends: [number, number] | null;
  words: string[];
  default: string | null;
  used_when: [string, string[]][];
  alternatives: string[];
}

/** The state of a learner, and what it says of its settings when it has just been given some. */
export interface Told {
  step: number;
  first_stage_end: number | null;
  second_stage_end: number | null;
  stop: string | null;
  settings: Setting[];
  values: Record<string, string>;
  /** The same in TOML, as the terminal takes it. */
  spec: string;
  columns: Column[];
  planned_steps: number;
  notes: string[];
  /** Factors of stage I by the closed form, where there is one. */
  growth: { sparse: number; dense: number } | null;
  t1_predicted: number | null;
  probed?: Probed;
}

/** A score as in probes.json. */
export interface Score {
  task: "regression" | "classification";
  labels: number;
  score: number;
  lower: number;
  upper: number;
}

export interface Probed {
  scores: Score[];
  /** What the best linear rule on x reaches, where there is a closed form. */
  linear: { linear_r_squared: number | null; linear_accuracy: number | null };
}

export interface Answer {
  told: Told;
  arrays: Record<string, Matrix>;
  /** Milliseconds that the engine took. */
  took: number;
}

export interface FromWorker {
  id: number;
  text: string;
  numbers: Float64Array;
  took: number;
}
