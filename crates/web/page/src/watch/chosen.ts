// One run in full: its curves, and the staircase of each arm.

import { colour, drawMatrix, drawPlot, ordered, type Curve } from "../draw";
import type { Matrix } from "../protocol";
import type { ArmDetail, Detail } from "./protocol";
import { title } from "./words";

const COLOURS = ["first", "second", "signal", "mark"];
/** Patterns of lines, so that a fifth arm differs from the first. */
const DASHES = [[], [6, 3], [2, 3], [9, 3, 2, 3]];
const SHARES = ["dense_energy_fraction", "coverage_90"];
/** Cells of a staircase that are drawn at most. */
const MOST_CELLS = 1 << 23;

function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function colourOf(arm: number): string {
  return colour(COLOURS[arm % COLOURS.length] as string);
}

/** The value at any step: on the line between the two records around it. */
function along(steps: number[], values: (number | null)[]): (step: number) => number {
  return (step) => {
    let [low, high] = [0, steps.length - 1];
    if (high < 0 || step < (steps[0] as number) || step > (steps[high] as number)) return NaN;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((steps[middle] as number) <= step) low = middle;
      else high = middle;
    }
    const [a, b] = [values[low] ?? NaN, values[high] ?? NaN];
    const [from, to] = [steps[low] as number, steps[high] as number];
    if (from === to || step === from) return a;
    return step === to ? b : a + ((step - from) / (to - from)) * (b - a);
  };
}

function valuesOf(arm: ArmDetail, column: string): (number | null)[] {
  return arm.course.columns.find(([name]) => name === column)?.[1] ?? [];
}

function draw(canvas: HTMLCanvasElement, detail: Detail, columns: string[], logarithmic: boolean, label: string): void {
  const curves: Curve[] = [];
  detail.arms.forEach((arm, place) => {
    columns.forEach((column, which) => {
      const values = valuesOf(arm, column);
      const dash = columns.length > 1 ? DASHES[which] : DASHES[Math.floor(place / COLOURS.length) % DASHES.length];
      const last = arm.course.steps.at(-1) ?? 0;
      const at = along(arm.course.steps, values);
      if (values.length > 0) curves.push({ colour: colourOf(place), dash: dash as number[], width: 2, at, last });
    });
  });
  const reached = Math.max(0, ...detail.arms.map((arm) => arm.course.steps.at(-1) ?? 0));
  const planned = Math.max(reached, ...detail.arms.map((arm) => arm.steps ?? 0));
  drawPlot(canvas, { curves, planned, step: reached, marks: [], logarithmic, label });
}

/** Columns that can be drawn, and whether on a logarithmic axis: shares are not, other positive figures are. */
function drawable(detail: Detail): Map<string, boolean> {
  const found = new Map<string, boolean>();
  const names = new Set(detail.arms.flatMap((arm) => arm.course.columns.map(([name]) => name)));
  for (const name of names) {
    const values = detail.arms.flatMap((arm) => valuesOf(arm, name)).filter((value) => value !== null);
    if (values.every((value) => value >= 0 && value <= 1)) found.set(name, false);
    else if (values.every((value) => value > 0)) found.set(name, true);
  }
  return found;
}

function showLegend(detail: Detail, shares: string[]): void {
  const entries = detail.arms.map((arm, place) => {
    const entry = document.createElement("span");
    const line = document.createElement("i");
    line.style.color = colourOf(place);
    entry.append(line, arm.name);
    return entry;
  });
  const kinds = shares.map((name, which) => {
    const entry = document.createElement("span");
    const line = document.createElement("i");
    line.style.borderTopStyle = which === 0 ? "solid" : "dashed";
    entry.append(line, title(name).toLowerCase());
    return entry;
  });
  byId("legend").replaceChildren(...entries, ...kinds);
}

function showColumns(columns: Map<string, boolean>): string {
  const select = byId<HTMLSelectElement>("column");
  const names = [...columns.keys()];
  if (names.join() !== [...select.options].map((option) => option.value).join()) {
    const before = select.value;
    select.replaceChildren(...names.map((name) => new Option(title(name), name)));
    select.value = names.includes(before) ? before : names.includes("loss") ? "loss" : (names[0] ?? "");
  }
  return select.value;
}

/** |cos| of every neuron with its nearest atom, and 0 with the others. */
function staircase(arm: ArmDetail, atoms: number): Matrix | null {
  const neurons = arm.neurons;
  if (!neurons || neurons.best_atom.length * atoms > MOST_CELLS) return null;
  const values = new Float64Array(neurons.best_atom.length * atoms);
  neurons.best_atom.forEach((atom, i) => {
    if (atom >= 0 && atom < atoms) values[i * atoms + atom] = neurons.alignment[i] as number;
  });
  return { rows: neurons.best_atom.length, cols: atoms, values };
}

function showStairs(detail: Detail): void {
  const figures = detail.arms.flatMap((arm) => {
    const matrix = detail.latent_dim ? staircase(arm, detail.latent_dim) : null;
    if (!matrix) return [];
    const made = document.createElement("figure");
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${arm.name}: ${found(arm)} of ${matrix.rows} neurons have |cos| above 0.9 with their atom`);
    const caption = document.createElement("figcaption");
    caption.textContent = `${arm.name}, step ${arm.neurons?.step}: ${found(arm)} of ${matrix.rows} neurons above 0.9`;
    made.append(caption, canvas);
    drawMatrix(canvas, matrix, ordered(matrix), { neuron: -1, atom: -1 });
    return [made];
  });
  byId("stairs").replaceChildren(...figures);
  byId("stairs-part").hidden = figures.length === 0;
}

function found(arm: ArmDetail): number {
  return arm.neurons?.alignment.filter((cosine) => cosine > 0.9).length ?? 0;
}

/** Draws a run. */
export function show(detail: Detail): void {
  const columns = drawable(detail);
  const shares = SHARES.filter((name) => columns.get(name) === false);
  showLegend(detail, shares);
  const canvas = byId<HTMLCanvasElement>("shares");
  canvas.hidden = shares.length === 0;
  canvas.setAttribute("aria-label", `${shares.map(title).join(" and ")} over the steps`);
  if (shares.length > 0) draw(canvas, detail, shares, false, `${shares.map(title).join(" and ")}, over steps`);
  const column = showColumns(columns);
  const other = byId<HTMLCanvasElement>("other");
  other.setAttribute("aria-label", `${title(column)} over the steps`);
  draw(other, detail, [column], columns.get(column) === true, `${title(column)}, over steps`);
  showStairs(detail);
}
