// Drawing: matrices, curves, one sample. Colours come from the page's style, so that both themes are drawn alike.

import type { Matrix } from "./protocol";

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function channels(name: string): [number, number, number] {
  const hex = colour(name).replace("#", "");
  const part = (at: number): number => parseInt(hex.slice(at, at + 2), 16);
  return [part(0), part(2), part(4)];
}

/** A canvas as many device pixels wide as it is shown. */
function prepare(canvas: HTMLCanvasElement): { pen: CanvasRenderingContext2D; width: number; height: number } {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

/** The largest |cos| of a neuron and the atom that it belongs to. */
export function bestAtom(cosines: Matrix, neuron: number): { atom: number; cosine: number } {
  let [atom, cosine] = [0, 0];
  for (let j = 0; j < cosines.cols; j++) {
    const size = Math.abs(cosines.values[neuron * cosines.cols + j] as number);
    if (size > cosine) [atom, cosine] = [j, size];
  }
  return { atom, cosine };
}

/** Neurons by the atom that is nearest to them, the closest first. */
export function ordered(cosines: Matrix): number[] {
  const best = Array.from({ length: cosines.rows }, (_, i) => bestAtom(cosines, i));
  const neurons = best.map((_, i) => i);
  const key = (i: number) => best[i] as { atom: number; cosine: number };
  return neurons.sort((a, b) => key(a).atom - key(b).atom || key(b).cosine - key(a).cosine || a - b);
}

/** |cos| of every neuron with every atom: a row for a neuron, a column for an atom. What is chosen has another hue. */
export function drawMatrix(
  canvas: HTMLCanvasElement,
  cosines: Matrix,
  rows: number[],
  chosen: { neuron: number; atom: number },
): void {
  if (canvas.width !== cosines.cols || canvas.height !== cosines.rows) {
    [canvas.width, canvas.height] = [cosines.cols, cosines.rows];
  }
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = pen.createImageData(cosines.cols, cosines.rows);
  const [low, high, mark] = [channels("none"), channels("full"), channels("mark")];
  rows.forEach((neuron, row) => {
    for (let j = 0; j < cosines.cols; j++) {
      const share = Math.abs(cosines.values[neuron * cosines.cols + j] as number);
      const at = 4 * (row * cosines.cols + j);
      const end = neuron === chosen.neuron || j === chosen.atom ? mark : high;
      for (let c = 0; c < 3; c++) {
        image.data[at + c] = Math.round((low[c] as number) + share * ((end[c] as number) - (low[c] as number)));
      }
      image.data[at + 3] = 255;
    }
  });
  pen.putImageData(image, 0, 0);
}

export interface Curve {
  colour: string;
  dash: number[];
  width: number;
  /** The figure at a step. */
  at: (step: number) => number;
  /** The last step that it has. */
  last: number;
}

export interface Plot {
  curves: Curve[];
  /** Where the axis ends. */
  planned: number;
  /** The step that is shown. */
  step: number;
  marks: { step: number; text: string; colour: string }[];
  logarithmic: boolean;
  label: string;
}

const LEFT = 46;
const BOTTOM = 20;

/** Curves over the steps, whose axis is logarithmic. */
export function drawPlot(canvas: HTMLCanvasElement, plot: Plot): void {
  const { pen, width, height } = prepare(canvas);
  const [right, top, low] = [width - 8, 18, height - BOTTOM];
  const span = Math.log10(Math.max(10, plot.planned));
  const x = (step: number): number => LEFT + (Math.log10(Math.max(1, step)) / span) * (right - LEFT);
  const lines = plot.curves.map((curve) =>
    shownSteps(curve.last, right - LEFT, span).map((step) => [step, curve.at(step)] as const),
  );
  const [least, most] = plot.logarithmic ? decades(lines.flat().map(([, value]) => value)) : [0, 1];
  const scaled = (value: number): number => (plot.logarithmic ? Math.log10(value) : value);
  const y = (value: number): number => low - ((scaled(value) - least) / (most - least)) * (low - top);
  pen.font = "11px system-ui, sans-serif";
  drawAxes(pen, plot, { x, right, top, low, least, most });
  lines.forEach((line, c) => {
    const curve = plot.curves[c] as Curve;
    pen.strokeStyle = curve.colour;
    pen.lineWidth = curve.width;
    pen.setLineDash(curve.dash);
    pen.beginPath();
    let isOpen = false;
    for (const [step, value] of line) {
      const isShown = Number.isFinite(scaled(value));
      if (isShown) pen[isOpen ? "lineTo" : "moveTo"](x(step), y(value));
      isOpen = isShown;
    }
    pen.stroke();
  });
  pen.setLineDash([]);
  pen.strokeStyle = colour("text");
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(x(plot.step), top);
  pen.lineTo(x(plot.step), low);
  pen.stroke();
}

/** The steps whose points lie a pixel apart: all at first, fewer later. */
function shownSteps(reached: number, pixels: number, span: number): number[] {
  const steps: number[] = [];
  for (let step = 1; step < reached; step = Math.max(step + 1, Math.round(step * 10 ** (span / pixels)))) {
    steps.push(step);
  }
  if (reached > 0) steps.push(reached);
  return steps;
}

/** Exponents of the powers of ten around positive values. */
function decades(values: number[]): [number, number] {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  if (logs.length === 0) return [-1, 0];
  const low = Math.floor(Math.min(...logs));
  return [low, Math.max(low + 1, Math.ceil(Math.max(...logs)))];
}

interface Frame {
  x: (step: number) => number;
  right: number;
  top: number;
  low: number;
  least: number;
  most: number;
}

function drawAxes(pen: CanvasRenderingContext2D, plot: Plot, frame: Frame): void {
  const { x, right, top, low, least, most } = frame;
  pen.fillStyle = pen.strokeStyle = colour("muted");
  pen.lineWidth = 1;
  pen.textAlign = "right";
  const ticks = plot.logarithmic
    ? Array.from({ length: most - least + 1 }, (_, i) => least + i)
    : [0, 0.5, 1];
  for (const tick of ticks) {
    const at = low - ((tick - least) / (most - least)) * (low - top);
    pen.fillText(plot.logarithmic ? tenTo(tick) : String(tick), LEFT - 5, at + 4);
    pen.globalAlpha = 0.3;
    pen.strokeRect(LEFT, at, right - LEFT, 0);
    pen.globalAlpha = 1;
  }
  pen.textAlign = "center";
  for (let step = 1; step <= plot.planned; step *= 10) pen.fillText(String(step), x(step), low + 15);
  pen.textAlign = "left";
  pen.fillText(plot.label, LEFT, 11);
  for (const mark of plot.marks) {
    pen.fillStyle = pen.strokeStyle = mark.colour;
    pen.setLineDash([2, 3]);
    pen.beginPath();
    pen.moveTo(x(mark.step), top);
    pen.lineTo(x(mark.step), low);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillText(mark.text, x(mark.step) + 3, top + 9);
  }
}

function tenTo(power: number): string {
  const raised: Record<string, string> = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  return `10${[...String(power)].map((digit) => raised[digit]).join("")}`;
}

/** Numbers as bars from a middle line, one a column; `reach` is the number whose bar fills half of the height. */
export function drawBars(canvas: HTMLCanvasElement, values: ArrayLike<number>, reach: number, fill: string): void {
  const { pen, width, height } = prepare(canvas);
  const middle = height / 2;
  pen.fillStyle = colour("muted");
  pen.fillRect(0, middle, width, 0.5);
  pen.fillStyle = fill;
  const cell = width / values.length;
  for (let i = 0; i < values.length; i++) {
    const bar = Math.max(-1, Math.min(1, (values[i] as number) / reach)) * middle;
    pen.fillRect(i * cell, middle - Math.max(0, bar), Math.max(0.75, cell - 0.5), Math.abs(bar));
  }
}
