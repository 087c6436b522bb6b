// What is seen of the two learners: matrices, figures, curves, one neuron, one sample.

import { bestAtom, colour, drawBars, drawMatrix, drawPlot, ordered } from "./draw";
import { explainTerms } from "./glossary";
import type { Learner } from "./learner";
import type { Answer, Matrix } from "./protocol";

const COLOURS = ["first", "second"];
const TITLES: Record<string, string> = { random_mask: "Masked views", none: "The sample itself, twice" };

interface Figure {
  term: string;
  label: string;
  text: (learner: Learner) => string;
}

function share(learner: Learner, name: string): string {
  const value = learner.figure(name);
  return Number.isFinite(value) ? value.toFixed(2) : "–";
}

/** T1 or T2 as it stands at the step that is shown. */
function stageEnd(step: number | null | undefined): string {
  return step === null || step === undefined ? "not yet" : `step ${step}`;
}

const FIGURES: Figure[] = [
  { term: "coverage", label: "atoms covered", text: (l) => share(l, "coverage_90") },
  { term: "dense energy", label: "dense energy", text: (l) => share(l, "dense_energy_fraction") },
  { term: "t1", label: "T1", text: (l) => stageEnd(l.now?.told.first_stage_end) },
  { term: "t2", label: "T2", text: (l) => stageEnd(l.now?.told.second_stage_end) },
  { term: "bias", label: "threshold over norm", text: (l) => share(l, "bias_over_norm") },
];

const STRIPS: [string, string][] = [
  ["code", "z, its code"],
  ["signal", "M z"],
  ["noise", "ξ, the noise"],
  ["anchor", "first view"],
  ["positive", "second view"],
];

interface Panel {
  canvas: HTMLCanvasElement;
  values: HTMLElement[];
  stop: HTMLElement;
  order: number[];
}

export class View {
  private readonly panels: Panel[];
  private chosen: { learner: number; neuron: number } | null = null;
  private row = 0;
  private sample: Answer | null = null;

  constructor(
    private readonly learners: Learner[],
    private readonly redraw: () => void,
  ) {
    const place = document.querySelector(".learners") as HTMLElement;
    this.panels = learners.map((learner, l) => this.panel(place, learner, l));
    const legend = document.getElementById("legend") as HTMLElement;
    learners.forEach((learner, l) => {
      for (const [dash, name] of [["solid", "sparse"], ["dashed", "dense"]]) {
        const entry = document.createElement("span");
        entry.innerHTML = `<i style="border-color: var(--${COLOURS[l]}); border-top-style: ${dash}"></i>`;
        entry.append(`${name} energy, ${learner.arm}`);
        legend.append(entry);
      }
    });
    const strips = document.getElementById("sample") as HTMLElement;
    for (const [name, label] of STRIPS) {
      const strip = document.createElement("div");
      strip.className = "strip";
      const canvas = document.createElement("canvas");
      canvas.className = "bars";
      canvas.id = `strip-${name}`;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", label);
      strip.append(label, canvas);
      strips.append(strip);
    }
  }

  private panel(place: HTMLElement, learner: Learner, l: number): Panel {
    const box = document.createElement("article");
    box.className = "learner";
    box.style.setProperty("--own", `var(--${COLOURS[l]})`);
    const title = document.createElement("h3");
    title.textContent = TITLES[learner.arm] ?? learner.arm;
    const figures = document.createElement("dl");
    figures.className = "figures";
    const values = FIGURES.map(({ term, label }) => {
      const name = document.createElement("dt");
      name.innerHTML = `<dfn data-term="${term}">${label}</dfn>`;
      const value = document.createElement("dd");
      figures.append(name, value);
      return value;
    });
    const canvas = document.createElement("canvas");
    canvas.id = `matrix-${learner.arm}`;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${learner.arm}: |cosine| of every neuron (row) with every atom (column)`);
    const caption = document.createElement("p");
    caption.className = "small";
    caption.textContent = "A row is a neuron, a column is an atom. The stronger the colour, the nearer is |cos| to 1.";
    caption.classList.add("caption");
    const stop = document.createElement("p");
    stop.className = "small";
    box.append(title, figures, canvas, caption, stop);
    place.append(box);
    explainTerms(box);
    const panel: Panel = { canvas, values, stop, order: [] };
    canvas.onclick = (event) => {
      const row = Math.floor((event.offsetY / canvas.clientHeight) * panel.order.length);
      this.choose(l, Math.max(0, Math.min(panel.order.length - 1, row)));
    };
    canvas.onkeydown = (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const row = this.chosen?.learner === l ? panel.order.indexOf(this.chosen.neuron) : -1;
      this.choose(l, Math.max(0, Math.min(panel.order.length - 1, row + by)));
    };
    return panel;
  }

  private choose(learner: number, row: number): void {
    const neuron = this.panels[learner]?.order[row];
    if (neuron === undefined) return;
    this.chosen = { learner, neuron };
    this.redraw();
  }

  /** Draws what the learners show now. */
  draw(): void {
    this.learners.forEach((learner, l) => {
      const panel = this.panels[l] as Panel;
      const cosines = learner.now?.arrays.cosines;
      if (!cosines) return;
      panel.order = ordered(cosines);
      drawMatrix(panel.canvas, cosines, panel.order, this.chosen?.learner === l ? this.chosen.neuron : -1);
      FIGURES.forEach(({ text }, f) => ((panel.values[f] as HTMLElement).textContent = text(learner)));
      panel.stop.textContent = learner.stopped ? `It has stopped: ${learner.stopped}.` : "";
    });
    this.drawCurves();
    this.drawNeuron();
    this.drawSample();
  }

  private drawCurves(): void {
    const first = this.learners[0] as Learner;
    const common = {
      reached: Math.max(...this.learners.map((learner) => learner.reached)),
      planned: first.about?.planned_steps ?? 1,
      step: first.step,
    };
    const curves = (name: string, dash: number[]) =>
      this.learners.map((learner, l) => ({
        colour: colour(COLOURS[l] as string),
        dash,
        at: (step: number) => learner.figure(name, step),
      }));
    const marks = this.learners.flatMap((learner, l) =>
      [learner.now?.told.first_stage_end, learner.now?.told.second_stage_end].flatMap((step, stage) =>
        typeof step === "number" ? [{ step, text: `T${stage + 1}`, colour: colour(COLOURS[l] as string) }] : [],
      ),
    );
    drawPlot(document.getElementById("energies") as HTMLCanvasElement, {
      ...common,
      curves: [...curves("sparse_energy_mean", []), ...curves("dense_energy_mean", [6, 4])],
      marks,
      logarithmic: true,
      label: "mean energy of a neuron, over steps",
    });
    drawPlot(document.getElementById("coverage") as HTMLCanvasElement, {
      ...common,
      curves: curves("coverage_90", []),
      marks: [],
      logarithmic: false,
      label: "share of the atoms with a neuron of |cos| > .9",
    });
  }

  private drawNeuron(): void {
    if (!this.chosen) return;
    const learner = this.learners[this.chosen.learner] as Learner;
    const cosines = learner.now?.arrays.cosines;
    const { neuron } = this.chosen;
    if (!cosines || neuron >= cosines.rows) return;
    const row = cosines.values.subarray(neuron * cosines.cols, (neuron + 1) * cosines.cols);
    const canvas = document.getElementById("neuron") as HTMLCanvasElement;
    drawBars(canvas, row, 1, colour(COLOURS[this.chosen.learner] as string));
    const { atom, cosine } = bestAtom(cosines, neuron);
    const entry = (name: string): number => (learner.now?.arrays[name] as Matrix).values[neuron] ?? NaN;
    const others = Math.max(0, 1 - row.reduce((sum, cos) => sum + cos * cos, 0));
    (document.getElementById("neuron-text") as HTMLElement).textContent =
      `Neuron ${neuron} of ${learner.arm}: its nearest atom is ${atom}, |cos| ${cosine.toFixed(2)}. ` +
      `Its norm is ${entry("norms").toPrecision(2)} and its threshold ${entry("bias").toPrecision(2)}. ` +
      `${Math.round(100 * others)} % of its energy is dense. The bars are its cosines with all atoms.`;
  }

  async anotherSample(): Promise<void> {
    this.row++;
    await this.showSample();
  }

  /** Fetches the sample that the next step begins with. */
  async showSample(): Promise<void> {
    const text = document.getElementById("sample-text") as HTMLElement;
    try {
      const learner = this.learners[0] as Learner;
      this.sample = await learner.ask({ sample: this.row });
      const active = (this.sample.arrays.code as Matrix).values.reduce((n, z) => n + (z === 0 ? 0 : 1), 0);
      const activeText =
        active === 0
          ? "None of its atoms is active, so it is noise alone. "
          : `Of its ${(this.sample.arrays.code as Matrix).cols} atoms ${active} ${active === 1 ? "is" : "are"} active. `;
      const isReduced = learner.about?.values["training.dynamics"] === '"reduced"';
      text.textContent =
        activeText +
        (isReduced
          ? "Reduced dynamics computes with what a network sees of such samples, so this sample itself is not used."
          : `It is row ${this.row} of the next batch.`);
    } catch (error) {
      this.sample = null;
      text.textContent = error instanceof Error ? error.message : String(error);
    }
    this.drawSample();
  }

  private drawSample(): void {
    if (!this.sample) return;
    const size = (name: string): number =>
      (this.sample?.arrays[name] as Matrix).values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9);
    // One scale for everything that has the coordinates of a sample, so that sizes can be compared.
    const reach = Math.max(...STRIPS.slice(1).map(([name]) => size(name)));
    for (const [name] of STRIPS) {
      const canvas = document.getElementById(`strip-${name}`) as HTMLCanvasElement;
      const fill = name === "code" || name === "signal" ? "signal" : name === "noise" ? "muted" : "first";
      drawBars(canvas, (this.sample.arrays[name] as Matrix).values, name === "code" ? size("code") : reach, colour(fill));
    }
  }
}
