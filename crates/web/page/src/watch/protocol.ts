// What the program says of runs: featurescope_lab::follow, as JSON. A figure that is not defined is null.

export type Standing = "planned" | "running" | "stopped" | "interrupted" | "failed" | "unreadable" | "finished" | "diverged";

export interface Figure {
  name: string;
  last: number | null;
  course: (number | null)[];
}

export interface Arm {
  name: string;
  standing: Standing;
  step: number;
  steps: number | null;
  records: number;
  figures: Figure[];
  problem: string | null;
}

export interface Run {
  name: string;
  point: string;
  standing: Standing;
  times_resumed: number;
  seconds_left: number | null;
  changed_unix_seconds: number | null;
  problem: string | null;
  arms: Arm[];
}

export interface News {
  /** Whether these are all runs: what was known before is void. */
  all: boolean;
  runs: { index: number; run: Run }[];
}

export interface ArmDetail {
  name: string;
  steps: number | null;
  course: { steps: number[]; columns: [string, (number | null)[]][] };
  neurons: { step: number; best_atom: number[]; alignment: number[] } | null;
}

export interface Detail {
  name: string;
  latent_dim: number | null;
  arms: ArmDetail[];
}

export function hasEnded(standing: Standing): boolean {
  return standing === "finished" || standing === "diverged";
}
