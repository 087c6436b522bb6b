// The state of the page in its address, so that a link opens what was seen.

/** Settings that were changed after some step. */
export interface Change {
  step: number;
  set: Record<string, string>;
}

export interface State {
  /** What is set on top of the experiment at the start, by key. */
  start: Record<string, string>;
  /** What was changed on the way, in order. */
  changes: Change[];
  step: number;
}

/** The settings that hold in the end. */
export function latest(state: State): Record<string, string> {
  return Object.assign({}, state.start, ...state.changes.map((change) => change.set));
}

const VERSION = "1";

export function toHash(state: State): string {
  const parameters = new URLSearchParams({ v: VERSION });
  for (const [key, value] of Object.entries(state.start)) parameters.append("set", `${key}=${value}`);
  for (const { step, set } of state.changes) {
    for (const [key, value] of Object.entries(set)) parameters.append("change", `${step}:${key}=${value}`);
  }
  parameters.set("step", String(state.step));
  return `#${parameters}`;
}

/** The state in an address; `null` where there is none. What it says is not believed: the engine checks settings. */
export function fromHash(hash: string): State | null {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  if (parameters.get("v") !== VERSION) return null;
  const start: Record<string, string> = {};
  for (const entry of parameters.getAll("set")) {
    const at = entry.indexOf("=");
    if (at > 0) start[entry.slice(0, at)] = entry.slice(at + 1);
  }
  const changes: Change[] = [];
  for (const entry of parameters.getAll("change")) {
    const parts = /^(\d+):([^=]+)=(.*)$/.exec(entry);
    if (!parts) continue;
    const [, step, key, value] = parts as unknown as [string, string, string, string];
    const last = changes.at(-1);
    if (last && last.step === Number(step)) last.set[key] = value;
    else if (!last || last.step < Number(step)) changes.push({ step: Number(step), set: { [key]: value } });
  }
  const step = Number(parameters.get("step") ?? 0);
  return { start, changes, step: Number.isSafeInteger(step) && step >= 0 ? step : 0 };
}
