// One sample: its code, its signal, its noise, and its two views.

import { colour, drawBars } from "./draw";
import { element, inWords } from "./page";
import type { Player } from "./player";
import type { Answer, Matrix } from "./protocol";

const STRIPS: [string, string][] = [
  ["code", "z, its code"],
  ["signal", "M z"],
  ["noise", "ξ, the noise"],
  ["anchor", "first view"],
  ["mask", "who sees it"],
  ["positive", "second view"],
];
/** Rows that are tried for a sample with an atom. */
const MOST_TRIED = 16;

export class Sample {
  private row = 0;
  /** Whether somebody has asked for a row. */
  private isChosen = false;
  private answer: Answer | null = null;

  constructor() {
    for (const [name, label] of STRIPS) {
      const strip = document.createElement("div");
      strip.className = "strip";
      const canvas = document.createElement("canvas");
      canvas.className = "bars";
      canvas.id = `strip-${name}`;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", label);
      strip.append(label, canvas);
      element("sample").append(strip);
    }
  }

  async another(player: Player): Promise<void> {
    this.row++;
    this.isChosen = true;
    await this.refresh(player);
  }

  /** Fetches a sample of the next step: the first one with an atom, until somebody asks for another. */
  async refresh(player: Player): Promise<void> {
    try {
      let row = this.isChosen ? this.row : 0;
      let answer = await player.sample(row);
      while (!this.isChosen && activeIn(answer) === 0 && row < MOST_TRIED) answer = await player.sample(++row);
      [this.row, this.answer] = [row, answer];
      element("sample-text").textContent = this.inWords(player, this.answer);
    } catch (error) {
      this.answer = null;
      element("sample-text").textContent = inWords(error);
    }
    element("sample").hidden = this.answer === null;
    this.draw();
  }

  private inWords(player: Player, answer: Answer): string {
    const active = activeIn(answer);
    const atoms =
      active === 0
        ? "None of its atoms is active, so it is noise alone."
        : `Of its ${(answer.arrays.code as Matrix).cols} atoms ${active} ${active === 1 ? "is" : "are"} active.`;
    const isReduced = player.about?.values["training.dynamics"] === '"reduced"';
    const use = isReduced
      ? "Reduced dynamics computes with what a network sees of such samples, so this sample itself is not used."
      : `It is row ${this.row} of the next batch.`;
    return (
      `${atoms} ${use} Bars of "who sees it" point up where only the first view has a coordinate, and down where ` +
      "only the second view has it."
    );
  }

  draw(): void {
    if (!this.answer) return;
    const values = (name: string): Float64Array => (this.answer?.arrays[name] as Matrix).values;
    const size = (name: string): number => values(name).reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9);
    const isSeen = (name: string): number[] => [...values(name)].map((x) => (x === 0 ? 0 : 1));
    const second = isSeen("positive");
    const mask = isSeen("anchor").map((seen, c) => seen - (second[c] as number));
    // One scale for everything that has the coordinates of a sample, so that sizes can be compared.
    const reach = Math.max(...["signal", "noise", "anchor", "positive"].map(size));
    for (const [name] of STRIPS) {
      const canvas = element<HTMLCanvasElement>(`strip-${name}`);
      const fill = name === "code" || name === "signal" ? "signal" : name === "noise" ? "muted" : "first";
      if (name === "mask") drawBars(canvas, mask, 1, colour("muted"));
      else drawBars(canvas, values(name), name === "code" ? size("code") : reach, colour(fill));
    }
  }
}

/** How many atoms a sample has. */
function activeIn({ arrays }: Answer): number {
  return (arrays.code as Matrix).values.reduce((n, z) => n + (z === 0 ? 0 : 1), 0);
}
