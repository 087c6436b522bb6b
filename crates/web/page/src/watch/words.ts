// Numbers and times as people read them.

import type { Run } from "./protocol";

/** Seconds without a change of any file after which a run counts as silent. */
const SILENCE = 120;

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.round(whole / 60)} min`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function figure(value: number | null): string {
  if (value === null) return "–";
  return value >= 0 && value <= 1 ? value.toFixed(3) : value.toPrecision(4);
}

/** What a column is called. */
export function title(column: string): string {
  if (column === "dense_energy_fraction") return "Dense energy";
  if (column === "coverage_90") return "Coverage";
  const words = column.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How a run stands, in words; `now` is in seconds since 1970. */
export function standing(run: Run, now: number): string {
  const words: string[] = [run.standing];
  const silent = now - (run.changed_unix_seconds ?? now);
  if (run.standing === "running" && silent > SILENCE) words.push(`no news for ${duration(silent)}`);
  if (run.times_resumed > 0) words.push(run.times_resumed === 1 ? "resumed once" : `resumed ${run.times_resumed} times`);
  return words.join(", ");
}
