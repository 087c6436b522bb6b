// One neuron and one atom: what a click on a matrix shows.

import { bestAtom, colour, drawBars } from "./draw";
import { COLOURS, element, inWords, percent } from "./page";
import type { Player } from "./player";
import type { Answer, Matrix } from "./protocol";

export interface Chosen {
  player: number;
  neuron: number;
  atom: number;
}

export class Inspector {
  /** What is looked at; neuron and atom -1 where nothing is. */
  chosen: Chosen = { player: 0, neuron: -1, atom: -1 };
  /** What the neurons of the chosen network fire for, at a step. */
  private firing: { player: Player; step: number; answer: Answer | null; problem: string } | null = null;

  constructor(private readonly redraw: () => void) {
    const box = element<HTMLInputElement>("atom-number");
    box.onchange = () => {
      this.chosen.atom = Math.max(-1, Math.min(Number(box.max), Math.round(Number(box.value))));
      this.redraw();
    };
  }

  choose(chosen: Chosen): void {
    this.chosen = chosen;
    this.redraw();
  }

  /** Asks what the neurons fire for now, where a neuron is looked at. */
  async refresh(players: Player[]): Promise<void> {
    const player = players[this.chosen.player];
    if (!player || this.chosen.neuron < 0) return;
    const { step } = player;
    if (this.firing?.player === player && this.firing.step === step) return;
    try {
      this.firing = { player, step, answer: await player.firing(), problem: "" };
    } catch (error) {
      this.firing = { player, step, answer: null, problem: inWords(error) };
    }
    this.drawNeuron(players);
  }

  /** What was asked of a course that has ended holds no more. */
  forget(): void {
    this.firing = null;
  }

  /** Looks at nothing. */
  clear(): void {
    this.forget();
    this.chosen = { player: 0, neuron: -1, atom: -1 };
    element("fires").hidden = true;
    element("fires-text").textContent = "";
    element("neuron-text").textContent = "Click a row of a matrix, or focus a matrix and use the up and down arrows.";
  }

  draw(players: Player[]): void {
    this.drawNeuron(players);
    this.drawAtom(players);
  }

  private drawNeuron(players: Player[]): void {
    const { neuron } = this.chosen;
    const player = players[this.chosen.player];
    const cosines = player?.now?.arrays.cosines;
    if (!player || !cosines || neuron < 0 || neuron >= cosines.rows) return;
    const fill = colour(COLOURS[this.chosen.player] as string);
    drawBars(element<HTMLCanvasElement>("neuron"), row(cosines, neuron), 1, fill);
    const firing = this.firing?.player === player && this.firing.step === player.step ? this.firing : null;
    element("fires").hidden = !firing?.answer;
    if (firing?.answer) {
      const given = row(firing.answer.arrays.given_atom as Matrix, neuron);
      drawBars(element<HTMLCanvasElement>("fires-for"), given, 1, fill);
    }
    element("neuron-text").textContent = neuronText(player, cosines, neuron);
    element("fires-text").textContent = firing?.answer
      ? firingText(firing.answer, neuron)
      : (firing?.problem ?? "Pause to see what it fires for.");
  }

  private drawAtom(players: Player[]): void {
    const { atom } = this.chosen;
    const atoms = players[0]?.now?.arrays.cosines?.cols ?? 0;
    const box = element<HTMLInputElement>("atom-number");
    [box.min, box.max] = ["0", String(Math.max(0, atoms - 1))];
    const isShown = atom >= 0 && atom < atoms;
    box.value = isShown ? String(atom) : "";
    element("atom-views").hidden = !isShown;
    if (!isShown) return;
    players.forEach((player, p) => {
      const cosines = player.now?.arrays.cosines;
      if (!cosines || atom >= cosines.cols) return;
      const column = Array.from({ length: cosines.rows }, (_, i) => cosines.values[i * cosines.cols + atom] as number);
      drawBars(element<HTMLCanvasElement>(`atom-${p}`), column, 1, colour(COLOURS[p] as string));
      element(`atom-text-${p}`).textContent = atomText(player, cosines, atom);
    });
  }
}

function row(matrix: Matrix, index: number): Float64Array {
  return matrix.values.subarray(index * matrix.cols, (index + 1) * matrix.cols);
}

function neuronText(player: Player, cosines: Matrix, neuron: number): string {
  const { atom, cosine } = bestAtom(cosines, neuron);
  const entry = (name: string): number => player.now?.arrays[name]?.values[neuron] ?? NaN;
  const others = Math.max(0, 1 - row(cosines, neuron).reduce((sum, cos) => sum + cos * cos, 0));
  const sentences = [`Neuron ${neuron} of ${player.arm}: its nearest atom is ${atom}, |cos| ${cosine.toFixed(2)}.`];
  if (Number.isFinite(entry("norms"))) {
    sentences.push(`Its norm is ${entry("norms").toPrecision(2)} and its threshold ${entry("bias").toPrecision(2)}.`);
  }
  sentences.push(`${percent(others)} of its energy is dense.`);
  if (player.start && player.step > 0) {
    const first = bestAtom(player.start, neuron);
    const start = `At the start its nearest atom was ${first.atom}, |cos| ${first.cosine.toFixed(2)}`;
    sentences.push(first.atom === atom ? `${start}: it stayed with it.` : `${start}: it left it.`);
  }
  return sentences.join(" ");
}

function firingText(firing: Answer, neuron: number): string {
  const rate = (name: string): number => (firing.arrays[name] as Matrix).values[neuron] ?? NaN;
  if (rate("rate") === 0) return "It fires on none of the fresh samples.";
  return (
    `It fires on ${percent(rate("rate"))} of the fresh samples, and on ${percent(rate("noise_rate"))} of them where ` +
    "the noise comes alone. The bars are how often it fires on samples with each atom."
  );
}

function atomText(player: Player, cosines: Matrix, atom: number): string {
  const now = player.nearestNeuron(cosines, atom);
  const sentences = [`${player.arm}:`];
  const first = player.nearestNeuron(player.start, atom);
  if (first) {
    const count = player.suitors(player.start, atom);
    sentences.push(
      `at the start ${count} ${count === 1 ? "neuron was" : "neurons were"} nearest to it, and neuron ${first.neuron} ` +
        `came closest, |cos| ${first.cosine.toFixed(2)}.`,
    );
  }
  const owner = player.owner(atom);
  if (owner) {
    const since = player.firstOwned(atom);
    sentences.push(
      `Neuron ${owner.neuron} owns it now, |cos| ${owner.cosine.toFixed(2)}.`,
      ...(since === undefined ? [] : [`It was first seen with an owner at step ${since}.`]),
    );
  } else {
    sentences.push(`Nobody owns it now: the closest is neuron ${now?.neuron}, |cos| ${now?.cosine.toFixed(2)}.`);
  }
  return sentences.join(" ");
}
